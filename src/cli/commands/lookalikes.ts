import { escaped, escapeOf } from '../../core/invisible-characters.ts';

/**
 * Characters that people take for one of ASCII, by that one; what Unicode itself says to be the same is not among them.
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
/** White space of other widths, which a terminal shows as that of ASCII. */
const SPACES = /[^\S \n\t]/gu;
/** Marks that stay beside a letter of Latin, or a digit, without becoming another letter with it. */
const MARKED = /(?<=[\p{Script=Latin}0-9])\p{M}/u;
const LATIN = /\p{Script=Latin}/u;
/** Scripts that one word may be written in together, beside Latin. */
const OF_EAST_ASIA = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}]/u;
/** Those that look like each other; all further ones count as one. */
const APART = ['Greek', 'Cyrillic', 'Armenian', 'Hebrew', 'Arabic', 'Georgian', 'Cherokee', 'Coptic', 'Lisu'].map(
  (script) => new RegExp(`\\p{Script=${script}}`, 'u'),
);
const NON_ASCII = /[\u0080-\u{10ffff}]/u;
/** Characters of a word: letters, digits and the marks on them. */
const OF_A_WORD = /[\p{L}\p{N}\p{M}]/u;
/** Signs and letters of no script, and marks of none, say nothing of how many there are. */
const OF_NO_SCRIPT = /[\p{Script=Common}\p{Script=Inherited}]/u;
/** Letters of Latin in the alphabets of Europe; others are, without their accents, one of these or of ASCII. */
const PLAIN_LATIN = /^[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f\u1e9e]\p{M}*$/u;

/** A word that looks like another one. */
export interface Lookalike {
  /** The word, with its misleading characters as escapes. */
  readonly word: string;
  /** The ASCII text that people read in it; undefined: some character does not look like ASCII. */
  readonly reads: string | undefined;
  readonly mixesScripts: boolean;
  /** Marks are set onto its letters. */
  readonly hasMarks: boolean;
}

/**
 * Words within a text, such as parts of an address, that are not what they look like: whatever is outside of ASCII and no
 * plain letter of one script, or is one that people take for ASCII.
 */
export function lookalikesIn(text: string): readonly Lookalike[] {
  if (!NON_ASCII.test(text)) return [];
  return composed(text)
    .split(/[^A-Za-z0-9\u0080-\u{10ffff}]+/u)
    .flatMap((word) => lookalike(word) ?? []);
}

/** Letters with the accents that follow them as one; what Unicode would make a sign of ASCII stays what it is. */
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

/** A text as people read it who expect ASCII. */
function readAs(text: string): string {
  return [...text].map((one) => ASCII_OF.get(one) ?? asciiOf(one) ?? one).join('');
}

/** ASCII that Unicode considers equivalent: for wide letters, letters in circles, ligatures. */
function asciiOf(one: string): string | undefined {
  const plain = one.normalize('NFKC');
  return plain !== one && !NON_ASCII.test(plain) ? plain : undefined;
}

/** Digits and marks that scripts have of their own count as letters do. */
function mixesScripts(word: string): boolean {
  const letters = [...word].filter((one) => OF_A_WORD.test(one) && !OF_NO_SCRIPT.test(one));
  return new Set(letters.map(scriptOf)).size > 1;
}

/** Equal for letters of scripts that one word may be written in. */
function scriptOf(letter: string): number {
  if (LATIN.test(letter) || OF_EAST_ASIA.test(letter)) return APART.length;
  return APART.findIndex((script) => script.test(letter));
}

/**
 * Returns a test, true for a character in ASCII or a plain letter; a word without Latin may have the digits and marks
 * of its script.
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

/** A text in which everything that shows nothing, or as a space that it is not, is an escape. */
export function withoutBlanks(text: string): string {
  return escaped(text).replace(SPACES, escapeOf);
}

/**
 * Equal for names that people could take for each other: letters of other scripts, of ASCII that look alike, and cases.
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
