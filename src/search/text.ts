/** Longest query looked at, in UTF-16 units; the rest is ignored. */
export const MAX_QUERY_CHARS = 1000;

const MAX_TERM_CHARS = 40;

// Scripts written without spaces between words.
const UNSPACED = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';
const ASCII_RUNS = /[A-Za-z0-9]+/g;
const PLAIN = /^(?:[A-Z]?[a-z]+|[A-Z]+|[0-9]+)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what it says
const ASCII = /^[\x00-\x7f]*$/;

let anyScript: { readonly runs: RegExp; readonly hasUnspaced: RegExp } | undefined;

/** A word as written: its lower-case parts, and how it reads unsplit when it has several. */
export interface Word {
  readonly parts: readonly string[];
  readonly whole?: string;
}

/**
 * Words of a text in any script, in order, without case and accents: camelCase, snake_case and digits are split
 * (`GitHub` → git, hub, whole github), unspaced scripts become character pairs.
 */
export function words(text: string): Word[] {
  if (ASCII.test(text)) return (text.match(ASCII_RUNS) ?? []).map(word);
  anyScript ??= patternsOfAnyScript();
  const { runs, hasUnspaced } = anyScript;
  const found = fold(text).match(runs) ?? [];
  return found.flatMap((run) => (hasUnspaced.test(run) ? pairs(run).map((pair) => ({ parts: [pair] })) : [word(run)]));
}

/** Terms to index a text under: the parts of its words, and each split word also whole. */
export function tokenize(text: string): string[] {
  const terms: string[] = [];
  for (const { parts, whole } of words(text)) {
    terms.push(...parts);
    if (whole !== undefined) terms.push(whole);
  }
  return terms;
}

/** Full width as half width, letters without accents: `ｃａｆé` → cafe. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text;
  const accents = /(?<=[\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}])\p{Mn}+/gu;
  return text.normalize('NFKD').replace(accents, '').normalize('NFKC');
}

function word(run: string): Word {
  if (PLAIN.test(run)) return { parts: [clip(run)] };
  // A capital begins a word; of several, all but the last are an acronym when a small letter follows: HTTP|Response.
  // An s behind an acronym is its plural: URLs.
  const parts = run.match(/\p{N}+|\p{Lu}{2,}s(?!\p{Ll})|\p{Lu}+(?!\p{Ll})|\p{Lu}?[^\p{Lu}\p{N}]+/gu) ?? [run];
  return { parts: parts.map(clip), ...(parts.length > 1 && { whole: clip(run) }) };
}

const clip = (term: string) => term.slice(0, MAX_TERM_CHARS).toLowerCase();

function pairs(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, at) => `${characters[at]}${character}`);
}

// Made when the first text needs them: classes of characters take milliseconds to look up, which a start does not have.
function patternsOfAnyScript() {
  return {
    runs: new RegExp(`[${UNSPACED}]+|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`, 'gu'),
    hasUnspaced: new RegExp(`[${UNSPACED}]`, 'u'),
  };
}
