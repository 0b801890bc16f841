import type { JsonObject } from './json.ts';
import type { ToolDefinition } from './tool.ts';

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
