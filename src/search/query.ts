import { isStopword } from './stopwords.ts';
import { fold, MAX_QUERY_CHARS, words } from './text.ts';

/** What a query asks for, word by word. */
export interface QueryWord {
  readonly word: string;
  /** 1 for an ordinary word. */
  readonly weight: number;
  readonly literal: boolean;
  /** The word that comes right after it, also one that says nothing by itself: `in` of `log in`. */
  readonly next?: string | undefined;
}

const MAX_QUERY_WORDS = 40;

// Texts that are somebody's data, not a description of the need. In a function, so that a start does not pay for them.
const literalPatterns = () => [
  /(?<![\p{L}\p{N}])'[^'\n]{1,300}'(?![\p{L}\p{N}])/gu,
  /"[^"\n]{1,300}"|“[^”\n]{1,300}”|‘[^’\n]{1,300}’|`[^`\n]{1,300}`|\[\[[^\]\n]{1,300}\]\]/gu,
  /\bhttps?:\/\/\S+|[^\s@]{1,64}@[^\s@]{1,255}|(?<!\S)[~.]?\/\S+\/\S+/gu,
  /\b[A-Z][A-Z0-9]*-\d+\b|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}\b|\b[\w-]+\.(?:[a-z]{2,4}\d?)\b/gu,
  /\b\d[\d.,:/%-]*\b/gu,
];

/** Distinct words of a query that matter, bounded in number whatever its length; all of it if nothing else does. */
export function queryWords(query: string, literalWeight: number): QueryWord[] {
  const text = fold(query.slice(0, MAX_QUERY_CHARS)).trim();
  const literals: string[] = [];
  const takeOut = (match: string) => {
    literals.push(match);
    return ' ';
  };
  const plain = literalPatterns().reduce((rest, pattern) => rest.replace(pattern, takeOut), text);
  const found = [...wordsOf(plain, 1, false), ...wordsOf(literals.join(' '), literalWeight, true)];
  const telling = found.filter(({ word }) => !isStopword(word));
  return distinct(telling.length > 0 ? telling : found).slice(0, MAX_QUERY_WORDS);
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
