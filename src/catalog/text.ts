/** Longest query looked at, in UTF-16 units; the rest is ignored. */
export const MAX_QUERY_CHARS = 1000;

const MAX_QUERY_TERMS = 40;
const MAX_TERM_CHARS = 40;

// Scripts written without spaces between words.
const UNSPACED = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';
const RUNS = new RegExp(`[${UNSPACED}]+|(?:(?![${UNSPACED}])[\\p{L}\\p{M}])+|\\p{N}+`, 'gu');
const HAS_UNSPACED = new RegExp(`[${UNSPACED}]`, 'u');
// A capital begins a word; of several, all but the last are an acronym when a small letter follows: HTTP|Response.
const CASED_WORDS = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[^\p{Lu}]+/gu;

/**
 * Lower-case terms of a text in any script, in order: camelCase and snake_case words are split, a camelCase word is
 * also kept whole (`GitHub` → git, hub, github), digits stand alone, unspaced scripts become character pairs.
 */
export function tokenize(text: string): string[] {
  const runs = text.normalize('NFKC').match(RUNS) ?? [];
  return runs.flatMap((run) => (HAS_UNSPACED.test(run) ? pairs(run) : words(run)));
}

/** Distinct terms of a search query, bounded in number whatever its length. */
export function queryTerms(query: string): string[] {
  return [...new Set(tokenize(query.slice(0, MAX_QUERY_CHARS)))].slice(0, MAX_QUERY_TERMS);
}

function words(run: string): string[] {
  const parts = run.match(CASED_WORDS) ?? [];
  const whole = parts.length > 1 ? [run] : [];
  return [...parts, ...whole].map((word) => word.toLowerCase().slice(0, MAX_TERM_CHARS));
}

function pairs(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, at) => `${characters[at]}${character}`);
}
