import type { JsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { canonicalMember } from './canonical-json.ts';
import { OWN_PARTS } from './fingerprint.ts';
import { type Piece, textDiff } from './text-diff.ts';

/** What became of one place in a definition: `inputSchema.properties.path.description`. */
export interface PlaceDiff {
  readonly place: string;
  readonly pieces: readonly Piece[];
}

/** Levels that are looked into; deeper ones are compared as a whole. */
const MAX_DEPTH = 40;

/** The places in which two definitions differ; all that there is when there was none before. */
export function definitionDiff(before: ToolDefinition | undefined, now: ToolDefinition): readonly PlaceDiff[] {
  const [old, new_] = [leavesOf(before), leavesOf(now)];
  const places = [...new Set([...old.keys(), ...new_.keys()])];
  return places.flatMap((place) => {
    const [was, is] = [old.get(place), new_.get(place)];
    return was === is ? [] : [{ place, pieces: textDiff(was ?? '', is ?? '') }];
  });
}

function leavesOf(definition: ToolDefinition | undefined): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  const { name: _, ...members }: JsonObject = definition ?? {};
  const own = OWN_PARTS.filter((part) => members[part] !== undefined);
  for (const key of new Set([...own, ...Object.keys(members)])) collect(leaves, [key], members);
  return leaves;
}

/** Texts as they are, lists of plain values as one. The value is the member of `holder` at the end of the path. */
function collect(leaves: Map<string, string>, path: readonly string[], holder: object): void {
  const value = (holder as JsonObject)[path.at(-1) ?? ''];
  if (value === undefined) return;
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const isPlain = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  if (names.length === 0 || isPlain || path.length > MAX_DEPTH) leaves.set(path.join('.'), textOf(holder, path));
  else for (const name of names) collect(leaves, [...path, name], value as object);
}

function textOf(holder: object, path: readonly string[]): string {
  const key = path.at(-1) ?? '';
  const value = (holder as JsonObject)[key];
  if (typeof value === 'string') return value;
  try {
    return canonicalMember(holder, key);
  } catch {
    return '(nested too deeply to be shown)';
  }
}
