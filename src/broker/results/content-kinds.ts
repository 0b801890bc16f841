import { BoundedMap } from '../../core/bounded-map.ts';
import type { CallPolicy, ToolResult } from '../../core/call.ts';
import { isJsonObject } from '../../core/json.ts';
import type { ToolEntry } from '../../core/tool.ts';

/** Kinds of content beside text that MCP knows, in the order in which they are named. */
const KINDS = ['image', 'audio', 'resource', 'resource_link'] as const;

/** Most tools whose last result is remembered. */
const MAX_TOOLS = 1_000;
/** Most blocks of a result that are looked at: a result may have thousands. */
const MAX_BLOCKS = 8;

/**
 * Knows which kinds of content beside text tools give back: from what their definitions declare, and from the last
 * result of each, which it remembers in memory only.
 */
export class ContentKinds {
  readonly #seen = new BoundedMap<string, readonly string[]>({ maxEntries: MAX_TOOLS });

  /** Looks at each result on its way to the caller, and changes and delays none. */
  readonly policy: CallPolicy = (next) => (call, context) => {
    const called = next(call, context);
    called.then(
      (result) => this.#note(call.tool.id, result),
      () => {},
    );
    return called;
  };

  /** Returns the kinds that a tool gives back, as far as known: `image`, `audio`, `resource`, `resource_link`. */
  of({ id, definition }: ToolEntry): readonly string[] {
    return this.#seen.get(id) ?? declared(definition.outputSchema);
  }

  #note(id: string, { content, isError }: ToolResult): void {
    if (isError === true || !Array.isArray(content)) return;
    const types = content.slice(0, MAX_BLOCKS).map((block: unknown) => isJsonObject(block) && block.type);
    const kinds = KINDS.filter((kind) => types.includes(kind));
    // Most tools give text alone, and are not remembered.
    if (kinds.length > 0) this.#seen.set(id, kinds);
    else this.#seen.delete(id);
  }
}

/** Returns the kinds that the fields of an output's schema declare by the media type of their contents. */
function declared(outputSchema: unknown): readonly string[] {
  if (!isJsonObject(outputSchema) || !isJsonObject(outputSchema.properties)) return [];
  const media = Object.values(outputSchema.properties).map((field) => isJsonObject(field) && field.contentMediaType);
  return KINDS.filter((kind) => media.some((type) => typeof type === 'string' && type.startsWith(`${kind}/`)));
}
