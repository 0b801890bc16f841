import type { JsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { canonicalMember, OWN_PARTS } from './fingerprint.ts';

/** Change of one place in a definition, such as `inputSchema.properties.path.description`. */
export interface PlaceDiff {
  readonly place: string;
  readonly pieces: readonly Piece[];
}

/** Deepest level that is compared member by member; a deeper value is compared as a whole. */
const MAX_DEPTH = 40;

/** The places in which two definitions differ. Without `before`, every place is new. */
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

/**
 * Collects leaves by path. A text is a leaf, and so is a list of plain values. The value is the member of `holder` that
 * the end of the path names.
 */
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

/** A line or sentence that both texts have (' '), only the old one ('-') or only the new one ('+'). */
export interface Piece {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * Largest product of the two numbers of pieces that is compared piece by piece. Beyond it the middle counts as replaced
 * whole.
 */
const MAX_CELLS = 250_000;

/** The difference of two texts by lines and sentences, in their order. */
export function textDiff(before: string, after: string): readonly Piece[] {
  const [old, now] = [pieces(before), pieces(after)];
  const start = commonLength(old, now);
  const end = commonLength(old.slice(start).reverse(), now.slice(start).reverse());
  const same = (texts: readonly string[]) => texts.map((text): Piece => ({ mark: ' ', text }));
  const middle = replaced(old.slice(start, old.length - end), now.slice(start, now.length - end));
  return [...same(old.slice(0, start)), ...middle, ...same(old.slice(old.length - end))];
}

function pieces(text: string): string[] {
  return text.split(/\n+|(?<=[.!?:]) +/).filter((piece) => piece !== '');
}

function commonLength(some: readonly string[], others: readonly string[]): number {
  const differs = some.findIndex((piece, at) => piece !== others[at]);
  return differs < 0 ? some.length : differs;
}

function replaced(old: readonly string[], now: readonly string[]): readonly Piece[] {
  const lengths = old.length * now.length <= MAX_CELLS ? commonLengths(old, now) : undefined;
  const result: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    const [removed, added] = [old[i], now[j]];
    if (removed !== undefined && removed === added && lengths) {
      result.push({ mark: ' ', text: removed });
      i++;
      j++;
    } else if (removed !== undefined && (added === undefined || below(lengths, i, j) >= beside(lengths, i, j))) {
      result.push({ mark: '-', text: removed });
      i++;
    } else {
      result.push({ mark: '+', text: added ?? '' });
      j++;
    }
  }
  return result;
}

type Lengths = readonly Uint16Array[] | undefined;

const below = (lengths: Lengths, i: number, j: number) => lengths?.[i + 1]?.[j] ?? 0;
const beside = (lengths: Lengths, i: number, j: number) => lengths?.[i]?.[j + 1] ?? 0;

/** `[i][j]` is the number of pieces that `old` from `i` and `now` from `j` have in common, in order. */
function commonLengths(old: readonly string[], now: readonly string[]): Uint16Array[] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    const row = lengths[i];
    for (let j = now.length - 1; row && j >= 0; j--) {
      row[j] = old[i] === now[j] ? below(lengths, i, j + 1) + 1 : Math.max(below(lengths, i, j), beside(lengths, i, j));
    }
  }
  return lengths;
}
