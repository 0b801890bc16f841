import { isJsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';

/** What a tool says that it does, with the protocol's defaults where it says nothing. A claim of its server, no fact. */
export interface Effects {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/**
 * By the schema of MCP: not read-only, destructive unless read-only, not idempotent, open to the world. What changes
 * nothing is idempotent; what calls itself both read-only and destructive is taken for destructive.
 */
export function effectsOf({ annotations }: ToolDefinition): Effects {
  const said = isJsonObject(annotations) ? annotations : {};
  const readOnlyHint = said.readOnlyHint === true && said.destructiveHint !== true;
  return {
    readOnlyHint,
    destructiveHint: !readOnlyHint && said.destructiveHint !== false,
    idempotentHint: readOnlyHint || said.idempotentHint === true,
    openWorldHint: said.openWorldHint !== false,
  };
}
