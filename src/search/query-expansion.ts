import { abbreviationsOf } from './abbreviations.ts';
import type { Ranking } from './ranking-parameters.ts';
import { type RequestStructure, requestOf } from './request.ts';
import { fold, isStopword, MAX_QUERY_CHARS, stem, words } from './text-analysis.ts';
import { synonymsOf } from './thesaurus.ts';
import type { ToolIndex, WordMatches } from './tool-index.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A word of the query and the words of the index that stand for it. */
export interface Concept extends QueryWord, WordMatches {
  /** Weight of the word times its rarity. */
  readonly importance: number;
}

type Match = readonly [word: number, weight: number];
type StandIns = Ranking['standIns'];
type Roles = Ranking['roles'];

const MIN_PREFIX_CHARS = 3;
const MAX_PREFIX_WORDS = 8;
const MIN_FUZZY_CHARS = 4;
const MIN_TWO_EDITS_CHARS = 8;
const MAX_FUZZY_WORDS = 4;

/** Returns the query's words with their matches in the index; leaves out words without any match. */
export function conceptsOf({ words, request }: ReadQuery, index: ToolIndex, { standIns, roles }: Ranking): Concept[] {
  const weighed = words.map((word) => ({ ...word, weight: word.weight * roleWeight(word, request, index, roles) }));
  return withCompounds(weighed, index.vocabulary)
    .map((query): Concept => {
      const known = index.memo(`${query.word} ${query.literal}`, () => wordMatches(query, index, standIns));
      return { ...query, ...known, importance: query.weight * known.rarity };
    })
    .filter(({ matches }) => matches.size > 0);
}

/** Returns the weight of a word by its role in the request: what is asked for outweighs how, with what and why. */
function roleWeight({ word, literal }: QueryWord, request: RequestStructure, index: ToolIndex, roles: Roles): number {
  if (literal || word === request.verb || request.object.has(word) || index.isServerWord(word)) return 1;
  return request.clause.has(word) ? roles.adjunct : roles.outside;
}

function wordMatches({ word, literal }: QueryWord, index: ToolIndex, standIns: StandIns): WordMatches {
  const known = forms(word, index, standIns);
  // Data of the user is never taken for a misspelt word of a tool.
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

// A swap of neighbours is the commonest typing error, but counts as two edits in the index.
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

/** A word of a query, with its weight. */
interface QueryWord {
  readonly word: string;
  /** 1 for an ordinary word. */
  readonly weight: number;
  readonly literal: boolean;
  /** The word right after it, which may be a stopword: `in` of `log in`. */
  readonly next?: string | undefined;
}

const MAX_QUERY_WORDS = 40;

// Patterns of texts that are data of the user and do not describe the need. A function, so that a start does not
// compile them.
const literalPatterns = () => [
  /(?<![\p{L}\p{N}])'[^'\n]{1,300}'(?![\p{L}\p{N}])/gu,
  /"[^"\n]{1,300}"|“[^”\n]{1,300}”|‘[^’\n]{1,300}’|`[^`\n]{1,300}`|\[\[[^\]\n]{1,300}\]\]/gu,
  /\bhttps?:\/\/\S+|[^\s@]{1,64}@[^\s@]{1,255}|(?<!\S)[~.]?\/\S+\/\S+/gu,
  /\b[A-Z][A-Z0-9]*-\d+\b|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}\b|\b[\w-]+\.(?:[a-z]{2,4}\d?)\b/gu,
  /\b\d[\d.,:/%-]*\b/gu,
];

/** A query as its words, at most 40 distinct ones, and as a request. */
interface ReadQuery {
  /** Without stopwords, unless it has no other words. */
  readonly words: readonly QueryWord[];
  readonly request: RequestStructure;
}

/** Reads a query; `literalWeight` is the weight of words that are data of the user. */
export function readQuery(query: string, literalWeight: number): ReadQuery {
  const text = fold(query.slice(0, MAX_QUERY_CHARS)).trim();
  const literals: string[] = [];
  const takeOut = (match: string) => {
    literals.push(match);
    return ' ';
  };
  const plain = literalPatterns().reduce((rest, pattern) => rest.replace(pattern, takeOut), text);
  const found = [...wordsOf(plain, 1, false), ...wordsOf(literals.join(' '), literalWeight, true)];
  const telling = found.filter(({ word }) => !isStopword(word));
  const words = distinct(telling.length > 0 ? telling : found).slice(0, MAX_QUERY_WORDS);
  return { words, request: requestOf(plain) };
}

function wordsOf(text: string, weight: number, literal: boolean): QueryWord[] {
  return words(text).flatMap(({ parts, whole }, at, all) => {
    if (whole === undefined) return parts.map((word) => ({ word, weight, literal, next: all[at + 1]?.parts[0] }));
    return [...parts, whole].map((word) => ({ word, weight: weight / 2, literal }));
  });
}

function distinct(found: readonly QueryWord[]): QueryWord[] {
  const seen = new Set<string>();
  return found.filter(({ word }) => !seen.has(word) && seen.add(word));
}

/** Least characters of each half of a compound: `filesystem` is file and system, `inform` is not in and form. */
const MIN_HALF_CHARS = 3;
const MIN_COMPOUND_CHARS = 6;
/** Prefixes that only reverse a word or repeat it: `unsubscribe` is about subscribing. */
const PREFIXES: readonly string[] = ['un', 're', 'de', 'pre', 'sub', 'multi', 'auto'];
const MIN_REST_CHARS = 5;

/**
 * Returns a query's words and other spellings that the index may have: two words as one (`stack trace`, stacktrace), or
 * one as two (`pullrequest`, pull request), also by a synonym (`sign in`, login; `envvar`, environment variable). An
 * added word weighs half, as the parts of a split name do.
 */
function withCompounds(words: readonly QueryWord[], vocabulary: Vocabulary): QueryWord[] {
  const isKnown = (word: string) => vocabulary.forms(word).length > 0;
  // Of the synonyms of a part, only those that the part abbreviates: others lead too far.
  const longer = (word: string) => synonymsOf(word).filter((other) => other.startsWith(stem(word)));
  const isSpelt = (word: string) => [word, ...abbreviationsOf(word), ...longer(word)].some(isKnown);
  const isMeant = (word: string) => isSpelt(word) || synonymsOf(word).some(isKnown);
  const seen = new Set(words.map(({ word }) => word));
  const found: QueryWord[] = [];
  for (const one of words) {
    found.push(one);
    if (one.literal) continue;
    const joined = one.next !== undefined && isMeant(one.word + one.next) ? [one.word + one.next] : [];
    const apart = isMeant(one.word) ? [] : split(one.word, isKnown, isSpelt);
    for (const word of [...joined, ...apart].filter((each) => !seen.has(each))) {
      seen.add(word);
      found.push({ word, weight: one.weight / 2, literal: false });
    }
  }
  return found;
}

type Test = (word: string) => boolean;

/**
 * Returns the two known words that a word consists of, the most even pair; or the known word after a prefix; or none.
 */
function split(word: string, isKnown: Test, isSpelt: Test): string[] {
  if (word.length < MIN_COMPOUND_CHARS) return [];
  const last = word.length - MIN_HALF_CHARS;
  const places = Array.from({ length: last - MIN_HALF_CHARS + 1 }, (_, at) => at + MIN_HALF_CHARS);
  places.sort((a, b) => Math.abs(a - word.length / 2) - Math.abs(b - word.length / 2));
  const place = places.find((at) => isSpelt(word.slice(0, at)) && isSpelt(word.slice(at)));
  if (place !== undefined) return [word.slice(0, place), word.slice(place)];
  const prefix = PREFIXES.find((each) => word.startsWith(each) && word.length - each.length >= MIN_REST_CHARS);
  const rest = prefix === undefined ? '' : word.slice(prefix.length);
  return rest !== '' && isKnown(rest) ? [rest] : [];
}
