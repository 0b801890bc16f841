/** Longest part of a query that is searched, in UTF-16 units; the rest is ignored. */
export const MAX_QUERY_CHARS = 1000;

const MAX_TERM_CHARS = 40;

// Scripts written without spaces between words.
const UNSPACED = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';
const ASCII_RUNS = /[A-Za-z0-9]+/g;
const PLAIN = /^(?:[A-Z]?[a-z]+|[A-Z]+|[0-9]+)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what it says
const ASCII = /^[\x00-\x7f]*$/;

let anyScript: { readonly runs: RegExp; readonly hasUnspaced: RegExp } | undefined;

/** A written word: its parts in lower case, and if it has several, also the whole word. */
interface Word {
  readonly parts: readonly string[];
  readonly whole?: string;
}

/**
 * Splits a text of any script into words, in order and in lower case, without accents. Splits camelCase, snake_case and
 * digits (`GitHub` → git, hub, whole github); writes unspaced scripts as pairs of characters.
 */
export function words(text: string): Word[] {
  if (ASCII.test(text)) return (text.match(ASCII_RUNS) ?? []).map(word);
  anyScript ??= patternsOfAnyScript();
  const { runs, hasUnspaced } = anyScript;
  const found = fold(text).match(runs) ?? [];
  return found.flatMap((run) => (hasUnspaced.test(run) ? pairs(run).map((pair) => ({ parts: [pair] })) : [word(run)]));
}

/** Returns the terms of a text for the index: the parts of its words, and each split word also as a whole. */
export function tokenize(text: string): string[] {
  const terms: string[] = [];
  for (const { parts, whole } of words(text)) {
    terms.push(...parts);
    if (whole !== undefined) terms.push(whole);
  }
  return terms;
}

/** Replaces full-width characters by half-width ones and removes accents: `ｃａｆé` → cafe. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text;
  const accents = /(?<=[\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}])\p{Mn}+/gu;
  return text.normalize('NFKD').replace(accents, '').normalize('NFKC');
}

function word(run: string): Word {
  if (PLAIN.test(run)) return { parts: [clip(run)] };
  // A capital begins a word; of several, all but the last are an acronym if a small letter follows: HTTP|Response. An s
  // after an acronym is its plural: URLs.
  const parts = run.match(/\p{N}+|\p{Lu}{2,}s(?!\p{Ll})|\p{Lu}+(?!\p{Ll})|\p{Lu}?[^\p{Lu}\p{N}]+/gu) ?? [run];
  return { parts: parts.map(clip), ...(parts.length > 1 && { whole: clip(run) }) };
}

const clip = (term: string) => term.slice(0, MAX_TERM_CHARS).toLowerCase();

function pairs(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, at) => `${characters[at]}${character}`);
}

// Built for the first text that is not ASCII: classes of characters take milliseconds to look up, which a start does
// not have.
function patternsOfAnyScript() {
  return {
    runs: new RegExp(`[${UNSPACED}]+|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`, 'gu'),
    hasUnspaced: new RegExp(`[${UNSPACED}]`, 'u'),
  };
}

const STOPWORDS = new Set(
  (
    'a an the this that these those there here it its is are was were be been being am do does did done has have had having ' +
    'i you he she we they them us our your their his her of in on at to for from by with without into onto over under as ' +
    'and or but if then than so not no nor can could would should will shall may might must please kindly want wants need ' +
    'needs like help using use used via let lets just also any some each every both other such only very too ' +
    's t d m re ve ll what which how whose whom im'
  ).split(' '),
);

/** True for a word without meaning for what a tool does: an article, a pronoun, an auxiliary or a courtesy. */
export function isStopword(word: string): boolean {
  return STOPWORDS.has(word);
}

const MIN_STEM_CHARS = 3;

/** Endings, longest first, each with its replacement. */
const ENDINGS: readonly (readonly [ending: string, replacement: string])[] = [
  ['izations', 'iz'],
  ['ization', 'iz'],
  ['ations', ''],
  ['ation', ''],
  ['ators', ''],
  ['ator', ''],
  ['ments', ''],
  ['ment', ''],
  ['ions', ''],
  ['ion', ''],
  ['ating', ''],
  ['ings', ''],
  ['ing', ''],
  ['ated', ''],
  ['ates', ''],
  ['ate', ''],
  ['ies', 'i'],
  ['ied', 'i'],
  ['ers', ''],
  ['ors', ''],
  ['er', ''],
  ['or', ''],
  ['ed', ''],
  ['es', ''],
  ['s', ''],
  ['e', ''],
  ['y', 'i'],
];

/**
 * Returns the common part of the forms of an English word (create, creates, creating, creation → cre). For finding
 * forms of a word, not for showing.
 */
export function stem(word: string): string {
  if (isShortPlural(word)) return word.slice(0, -1);
  if (word.length <= MIN_STEM_CHARS || !/^[a-z]+$/.test(word) || /(?:ss|us|is)$/.test(word)) return word;
  const found = ENDINGS.find(([ending]) => word.endsWith(ending) && hasStem(word.slice(0, -ending.length)));
  return found ? undouble(word.slice(0, -found[0].length) + found[1]) : word;
}

// A stem has at least three letters with a vowel among them; otherwise `string` would be a form of `str`.
function hasStem(rest: string): boolean {
  return rest.length >= MIN_STEM_CHARS && /[aeiouy]/.test(rest);
}

function undouble(word: string): string {
  return /([bdfgmnprt])\1$/.test(word) ? word.slice(0, -1) : word;
}

/** Words of three or four letters that end in s and are not plurals. */
const SINGULAR = new Set(
  (
    'aws dns tls css ios gps sms dos ops os nfs rss cms lts gcs ecs eks rds sqs sns aks gas has was its yes bus his ' +
    'this axis iris plus thus bias less https'
  ).split(' '),
);

/** True for plurals that are too short for the endings, or end as singulars do: prs, ids, urls, apis, gpus, msgs. */
function isShortPlural(word: string): boolean {
  return /^[a-z]{2,3}s$/.test(word) && !word.endsWith('ss') && !SINGULAR.has(word);
}
