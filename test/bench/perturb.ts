import type { LabelledData, LabelledTool } from './data.ts';
import { generator } from './measure.ts';

const MIN_TYPO_CHARS = 4;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** The query with one slip of the hand in one of its longer words: two letters swapped, one left out, doubled or mistaken. */
export function withTypo(query: string, seed: number): string {
  const random = generator(seed * 2654435761 + 1);
  for (let warm = 0; warm < 8; warm++) random();
  const pick = (below: number) => Math.floor(random() * below);
  const words = [...query.matchAll(/[A-Za-z]+/g)].filter(([word]) => word.length >= MIN_TYPO_CHARS);
  const word = words[pick(words.length)];
  if (!word) return query;
  const at = word.index + 1 + pick(word[0].length - 2);
  const [before, letter, next, rest] = [
    query.slice(0, at),
    query.charAt(at),
    query.charAt(at + 1),
    query.slice(at + 2),
  ];
  const slips = [next + letter, next, letter + letter + next, LETTERS.charAt(pick(LETTERS.length)) + next];
  return `${before}${slips[pick(slips.length)]}${rest}`;
}

/** So many tools: those that queries ask for, then others of the same set, then of other sets, then copies under other keys. */
export function toolsOfSize(
  size: number,
  { tools, queries }: LabelledData,
  others: readonly LabelledTool[],
): LabelledTool[] {
  const wanted = new Set(queries.flatMap(({ groups }) => groups.flat()));
  const own = [...tools.filter(({ id }) => wanted.has(id)), ...tools.filter(({ id }) => !wanted.has(id))];
  const copies = others.map((tool) => copy(tool, 2));
  return [...own, ...others, ...copies].filter(isFirst()).slice(0, size);
}

function copy(tool: LabelledTool, number: number): LabelledTool {
  const server = `${tool.server}-${number}`;
  return { ...tool, server, id: `${server}::${tool.name}` };
}

// A server has one tool of a name.
function isFirst(): (tool: LabelledTool) => boolean {
  const seen = new Set<string>();
  return ({ server, name }) => seen.size < seen.add(`${server}::${name}`).size;
}
