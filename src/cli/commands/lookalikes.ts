import { escaped, escapeOf } from '../../core/invisible-characters.ts';

/**
 * Non-ASCII characters that look like an ASCII character, by that character. Excludes those that Unicode itself
 * considers equivalent (NFKC).
 */
const LOOKALIKES: Readonly<Record<string, string>> = {
  ...{ a: 'аɑα', b: 'Ьᖯ', c: 'сϲᴄⲥ', d: 'ԁᑯ', e: 'еҽ', f: 'ꞙꬵ', g: 'ɡց', h: 'һհ', i: 'іıɩιɪᎥ', j: 'јϳȷ' },
  ...{ k: 'кκᴋ', l: 'ӏǀƖןاו', m: 'мᴍ', n: 'ոռɴ', o: 'оοօσסه०ဝᴏⲟ', p: 'рρᴘⲣ', q: 'ԛգզ', r: 'гᴦⲅʀꭇ' },
  ...{ s: 'ѕꜱƽ', t: 'тτᴛ', u: 'υսʋᴜ', v: 'νѵᴠט', w: 'ѡԝաᴡω', x: 'хχ×', y: 'уүγʏ', z: 'ᴢ' },
  ...{ A: 'АΑᎪꓮ', B: 'ВΒᏴꓐ', C: 'СϹᏟꓚ', D: 'Ꭰꓓ', E: 'ЕΕᎬꓰ', F: 'Ϝꓝᖴ', G: 'ԌᏀꓖ', H: 'НΗᎻꓧ' },
  ...{ I: 'ІΙӀꓲ', J: 'ЈᎫꓙͿ', K: 'КΚᏦꓗ', L: 'Ꮮꓡᒪ', M: 'МΜᎷꓟ', N: 'Νꓠ', O: 'ОΟՕꓳ', P: 'РΡᏢꓑ' },
  ...{ Q: 'Ԛ', R: 'Ꭱꓣᖇ', S: 'ЅՏᏚꓢ', T: 'ТΤᎢꓔ', U: 'Սꓴ', V: 'ѴᏙꓦ', W: 'ԜᎳꓪ', X: 'ХΧꓫ', Y: 'ҮΥꓬ', Z: 'ΖᏃꓜ' },
  ...{ '3': 'ЗƷ', '-': '‐‑‒–—―−⁃˗', '.': 'ꓸ٠۰·‧。', '/': '⁄∕⧸╱⟋', ':': 'ː∶꞉։׃', '\\': '∖⧵⟍', '|': '∣❘' },
  ...{ "'": '‘’ʹʼˈ′ʽ', '"': '“”″', '!': 'ǃ', '*': '∗⁎٭', ',': '‚', '~': '∼˜', _: 'ߺ', '<': '‹', '>': '›' },
};
const ASCII_OF = new Map(
  Object.entries(LOOKALIKES).flatMap(([ascii, others]) => [...others].map((one) => [one, ascii] as const)),
);
/** Matches white space other than space, line feed and tab; a terminal shows it like ordinary blanks. */
const SPACES = /[^\S \n\t]/gu;
/**
 * Matches a combining mark behind a Latin letter or a digit, in a text in which `composed` has joined all marks that
 * Unicode joins.
 */
const MARKED = /(?<=[\p{Script=Latin}0-9])\p{M}/u;
const LATIN = /\p{Script=Latin}/u;
/** Matches letters of East Asian scripts, which one word may mix with each other and with Latin. */
const OF_EAST_ASIA = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}]/u;
/** Scripts with similar letters, each counted separately; all others count as one. */
const APART = ['Greek', 'Cyrillic', 'Armenian', 'Hebrew', 'Arabic', 'Georgian', 'Cherokee', 'Coptic', 'Lisu'].map(
  (script) => new RegExp(`\\p{Script=${script}}`, 'u'),
);
const NON_ASCII = /[\u0080-\u{10ffff}]/u;
/** Matches a character of a word: a letter, a digit or a mark on one. */
const OF_A_WORD = /[\p{L}\p{N}\p{M}]/u;
/** Matches characters that belong to no single script: they do not count when scripts in a word are counted. */
const OF_NO_SCRIPT = /[\p{Script=Common}\p{Script=Inherited}]/u;
/**
 * Matches a Latin letter of European alphabets, in decomposed form: an ASCII letter or one of these, with any accents.
 */
const PLAIN_LATIN = /^[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f\u1e9e]\p{M}*$/u;

/** A word that looks like another one, or could mislead. */
export interface Lookalike {
  /** The word, with its misleading characters as escapes. */
  readonly word: string;
  /** The ASCII text that people read in it; undefined if a character does not look like ASCII. */
  readonly reads: string | undefined;
  readonly mixesScripts: boolean;
  /** True if a letter or digit has a combining mark that Unicode does not join with it. */
  readonly hasMarks: boolean;
}

/**
 * Returns the words within a text, such as parts of an address, that could mislead: words with characters that look
 * like ASCII, and words with non-ASCII characters that are not all plain letters of one script.
 */
export function lookalikesIn(text: string): readonly Lookalike[] {
  if (!NON_ASCII.test(text)) return [];
  return composed(text)
    .split(/[^A-Za-z0-9\u0080-\u{10ffff}]+/u)
    .flatMap((word) => lookalike(word) ?? []);
}

/** Joins letters with the accents that follow them (NFC), except where the result would be an ASCII character. */
function composed(text: string): string {
  return text.replace(/\P{M}\p{M}+|[\u0080-\u{10ffff}]/gu, (one) => {
    const whole = one.normalize('NFC');
    return NON_ASCII.test(whole) ? whole : one;
  });
}

function lookalike(word: string): Lookalike | undefined {
  if (!NON_ASCII.test(word)) return undefined;
  const reads = readAs(word);
  const kinds = { mixesScripts: mixesScripts(word), hasMarks: MARKED.test(word) };
  if (!NON_ASCII.test(reads)) return { word: marked(word), reads, ...kinds };
  const isPlain = !kinds.mixesScripts && !kinds.hasMarks && [...word].every(isPlainIn(word));
  return isPlain ? undefined : { word: marked(word), reads: undefined, ...kinds };
}

/** Replaces the characters of a text that look like ASCII by that ASCII. */
function readAs(text: string): string {
  return [...text].map((one) => ASCII_OF.get(one) ?? asciiOf(one) ?? one).join('');
}

/**
 * Returns the ASCII text that Unicode considers equivalent (NFKC), as for wide letters, circled letters and ligatures;
 * else undefined.
 */
function asciiOf(one: string): string | undefined {
  const plain = one.normalize('NFKC');
  return plain !== one && !NON_ASCII.test(plain) ? plain : undefined;
}

/** True if a word has letters, digits or marks of more than one script. */
function mixesScripts(word: string): boolean {
  const letters = [...word].filter((one) => OF_A_WORD.test(one) && !OF_NO_SCRIPT.test(one));
  return new Set(letters.map(scriptOf)).size > 1;
}

/** Returns a number that is equal for scripts which one word may mix. */
function scriptOf(letter: string): number {
  if (LATIN.test(letter) || OF_EAST_ASIA.test(letter)) return APART.length;
  return APART.findIndex((script) => script.test(letter));
}

/**
 * Returns a function that returns true for an ASCII character or a plain letter; in a word without Latin letters also
 * for the digits and marks of its script.
 */
function isPlainIn(word: string): (one: string) => boolean {
  const isLatin = LATIN.test(word);
  const hasAscii = /[A-Za-z0-9]/.test(word);
  return (one) => {
    if (!NON_ASCII.test(one)) return true;
    if (LATIN.test(one)) return PLAIN_LATIN.test(one.normalize('NFD'));
    if (isLatin || OF_NO_SCRIPT.test(one))
      return /\p{L}/u.test(one) && OF_EAST_ASIA.test(one) && one.normalize('NFKC') === one;
    return OF_A_WORD.test(one) && !(hasAscii && /\p{N}/u.test(one));
  };
}

function marked(word: string): string {
  const isPlain = isPlainIn(word);
  const isShown = (one: string) =>
    !NON_ASCII.test(one) || (isPlain(one) && /\p{L}/u.test(one) && !ASCII_OF.has(one) && !asciiOf(one));
  return [...word].map((one) => (isShown(one) ? one : escapeOf(one))).join('');
}

/** Returns a text in which escapes replace invisible characters and all white space except space, line feed and tab. */
export function withoutBlanks(text: string): string {
  return escaped(text).replace(SPACES, escapeOf);
}

/**
 * Returns a text that is equal for names which people could confuse: with letters of other scripts, with similar ASCII
 * letters, or in another case.
 */
export function looksLike(name: string): string {
  return readAs(name.normalize('NFC'))
    .toLowerCase()
    .replace(/[1i|]/g, 'l')
    .replace(/0/g, 'o')
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w')
    .replace(/_/g, '-');
}
