import { abbreviationsOf } from './abbreviations.ts';
import type { QueryWord } from './query.ts';
import { stem } from './stem.ts';
import { synonymsOf } from './synonyms.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Shortest half of a word written together: `filesystem` is file and system, `inform` is not in and form. */
const MIN_HALF_CHARS = 3;
const MIN_COMPOUND_CHARS = 6;
/** Beginnings that only turn a word around or repeat it: `unsubscribe` is about subscribing. */
const PREFIXES: readonly string[] = ['un', 're', 'de', 'pre', 'sub', 'multi', 'auto'];
const MIN_REST_CHARS = 5;

/**
 * A query's words, and beside them how the index may have written them: two of them as one (`stack trace`, stacktrace),
 * or one as two (`pullrequest`, pull request); by another word for it too (`sign in`, login; `envvar`, environment
 * variable). An added word weighs half, as the parts of a split name do.
 */
export function withCompounds(words: readonly QueryWord[], vocabulary: Vocabulary): QueryWord[] {
  const isKnown = (word: string) => vocabulary.forms(word).length > 0;
  // Of the synonyms of a part only those that it is short for: others lead too far.
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

/** The two words that a word consists of, the most even pair; or the known word behind a beginning; or none. */
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
