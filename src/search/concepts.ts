import { abbreviationsOf } from './abbreviations.ts';
import { withCompounds } from './compounds.ts';
import type { QueryWord } from './query.ts';
import type { Ranking } from './ranking.ts';
import { synonymsOf } from './synonyms.ts';
import type { ToolIndex } from './tool-index.ts';

/** A word of the query and the words of the index that stand for it. */
export interface Concept extends QueryWord, WordMatches {
  /** Weight of the word times how telling it is. */
  readonly importance: number;
}

/** What the index has for a word. */
export interface WordMatches {
  /** How telling the word is: inverse document frequency of all its forms together. */
  readonly rarity: number;
  /** Word id → how well it stands for the query's word, up to 1. */
  readonly matches: ReadonlyMap<number, number>;
}

type Match = readonly [word: number, weight: number];
type StandIns = Ranking['standIns'];

const MIN_PREFIX_CHARS = 3;
const MAX_PREFIX_WORDS = 8;
const MIN_FUZZY_CHARS = 4;
const MIN_TWO_EDITS_CHARS = 8;
const MAX_FUZZY_WORDS = 4;

/** The query's words as the index knows them; words that it does not know in any way are left out. */
export function conceptsOf(words: readonly QueryWord[], index: ToolIndex, standIns: StandIns): Concept[] {
  return withCompounds(words, index.vocabulary)
    .map((query): Concept => {
      const known = index.memo(`${query.word} ${query.literal}`, () => wordMatches(query, index, standIns));
      return { ...query, ...known, importance: query.weight * known.rarity };
    })
    .filter(({ matches }) => matches.size > 0);
}

function wordMatches({ word, literal }: QueryWord, index: ToolIndex, standIns: StandIns): WordMatches {
  const known = forms(word, index, standIns);
  // Somebody's data is not made of the tools' words.
  const guessed = known.length > 0 || literal ? [] : misspelt(word, index, standIns);
  const own = [...known, ...guessed];
  const others = literal ? [] : related(word, known.length > 0, index, standIns);
  const rarity = rarityOf(own.length > 0 ? own : others, index);
  // A rare stand-in must not weigh more than the word it stands for.
  const fair = (id: number) => Math.min(1, rarity / index.rarity(index.vocabulary.tools(id)));
  const matches = Array.from(best([...own, ...others]), ([id, weight]) => [id, weight * fair(id)] as const);
  return { rarity, matches: new Map(matches) };
}

function related(word: string, isKnown: boolean, index: ToolIndex, standIns: StandIns): Match[] {
  const ofServers = index.serverWordsWith(word).map((id) => [id, standIns.server] as const);
  const longer = isKnown ? [] : startingWith(word, index, standIns);
  return [...synonyms(word, index, standIns), ...longer, ...ofServers];
}

function forms(word: string, { vocabulary }: ToolIndex, { form }: StandIns): Match[] {
  const exact = vocabulary.get(word);
  const spelt = abbreviationsOf(word).flatMap((other) => vocabulary.forms(other));
  const others = [...vocabulary.forms(word), ...spelt].filter((id) => id !== exact);
  return [...(exact === undefined ? [] : [[exact, 1] as const]), ...others.map((id) => [id, form] as const)];
}

function synonyms(word: string, index: ToolIndex, standIns: StandIns): Match[] {
  const all = synonymsOf(word).flatMap((other) => forms(other, index, standIns));
  return all.map(([id, weight]) => [id, weight * standIns.synonym]);
}

function startingWith(word: string, { vocabulary }: ToolIndex, { prefix }: StandIns): Match[] {
  if (word.length < MIN_PREFIX_CHARS || prefix === 0) return [];
  const longer = vocabulary.startingWith(word, MAX_PREFIX_WORDS);
  return longer.map((id) => [id, (prefix * word.length) / vocabulary.word(id).length]);
}

function misspelt(word: string, { vocabulary }: ToolIndex, { fuzzy }: StandIns): Match[] {
  if (word.length < MIN_FUZZY_CHARS || /\d/.test(word) || fuzzy === 0) return [];
  const swapped = transpositions(word).flatMap((other) => vocabulary.get(other) ?? []);
  if (swapped.length > 0) return swapped.map((id) => [id, fuzzy]);
  const near = vocabulary.near(word, word.length < MIN_TWO_EDITS_CHARS ? 1 : 2, MAX_FUZZY_WORDS);
  return near.map(({ id, edits }) => [id, fuzzy / edits]);
}

// The commonest slip of the hand, and two edits to the index.
function transpositions(word: string): string[] {
  const swap = (at: number) => word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
  return Array.from({ length: word.length - 1 }, (_, at) => swap(at));
}

function best(matches: readonly Match[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const [id, weight] of matches) if (weight > (found.get(id) ?? 0)) found.set(id, weight);
  return found;
}

function rarityOf(matches: readonly Match[], index: ToolIndex): number {
  return index.rarity(matches.reduce((count, [id]) => count + index.vocabulary.tools(id), 0));
}
