import { isJsonObject, type JsonObject } from './json.ts';

/** A server's own tool definition, exactly as received: unknown fields stay. */
export type ToolDefinition = JsonObject & { readonly name: string; readonly inputSchema: JsonObject };

/** A tool and its server. */
export interface ToolEntry {
  /** `serverKey::toolName`, built by `toolId`. Code looks it up and never parses it. */
  readonly id: string;
  /** Key of the server in the configuration. */
  readonly server: string;
  readonly tags: readonly string[];
  readonly definition: ToolDefinition;
}

/** Returns the id under which callers search, describe and invoke a tool. */
export function toolId(server: string, tool: string): string {
  return `${server}::${tool}`;
}

/** True if a tool's annotations have the hint: it changes nothing, or running it twice has the same effect as once. */
export function hasHint({ annotations }: ToolDefinition, hint: 'readOnlyHint' | 'idempotentHint'): boolean {
  return isJsonObject(annotations) && annotations[hint] === true;
}

/** Members of an answer about a tool that only the gateway sets. */
const OURS = ['id', 'server', 'tags', 'available', 'state', 'warnings', 'match'] as const;

export type OurMembers = Readonly<Partial<Record<(typeof OURS)[number], unknown>>>;

/**
 * Returns the gateway's members about a tool together with the tool's definition as received. Members of the definition
 * with a name of `OURS` are left out: no server may say to which server a tool belongs, or remove a warning.
 */
export function describedTool(ours: OurMembers, definition: ToolDefinition): JsonObject {
  if (!OURS.some((name) => Object.hasOwn(definition, name))) return { ...ours, ...definition };
  const own = Object.entries(definition).filter(([key]) => !OURS.some((name) => name === key));
  return { ...ours, ...Object.fromEntries(own) };
}
