import { isJsonObject, type JsonObject } from './json.ts';

/** An upstream's own tool definition, exactly as received: unknown fields stay. */
export type ToolDefinition = JsonObject & { readonly name: string; readonly inputSchema: JsonObject };

/** A tool and where it lives. */
export interface ToolEntry {
  /** `serverKey::toolName`. A key: built by `toolId`, looked up, never parsed. */
  readonly id: string;
  /** Key of the server in the configuration. */
  readonly server: string;
  readonly tags: readonly string[];
  readonly definition: ToolDefinition;
}

/** Id under which a tool is searched, described and invoked. */
export function toolId(server: string, tool: string): string {
  return `${server}::${tool}`;
}

/** True if a tool says of itself that it changes nothing, or that to run it twice does what running it once does. */
export function hasHint({ annotations }: ToolDefinition, hint: 'readOnlyHint' | 'idempotentHint'): boolean {
  return isJsonObject(annotations) && annotations[hint] === true;
}

/** Members of an answer about a tool in which only the gateway speaks. */
const OURS = ['id', 'server', 'tags', 'available', 'state', 'warnings', 'score'] as const;

export type OurMembers = Readonly<Partial<Record<(typeof OURS)[number], unknown>>>;

/**
 * What we say of a tool, and its definition as received. Members of a definition that have a name of ours are left out: no
 * server may say whose its tool is, or that there is nothing to warn of.
 */
export function describedTool(ours: OurMembers, definition: ToolDefinition): JsonObject {
  if (!OURS.some((name) => Object.hasOwn(definition, name))) return { ...ours, ...definition };
  const own = Object.entries(definition).filter(([key]) => !OURS.some((name) => name === key));
  return { ...ours, ...Object.fromEntries(own) };
}
