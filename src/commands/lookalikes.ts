import { escaped, escapeOf } from '../core/escaped.ts';

/** Characters that people take for one of ASCII, by that one; what Unicode itself says to be the same is not among them. */
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
/** Marks that are set onto a letter of ASCII without becoming another one with it. */
const MARKED = /(?<=[A-Za-z0-9])\p{M}/u;
/** Scripts that are written beside Latin within one word. */
const BESIDE_LATIN =
  /[\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u;
const NON_ASCII = /[\u0080-\u{10ffff}]/u;

/** A word that is not what it looks like. */
export interface Lookalike {
  /** With the characters that are not what they look like as escapes. */
  readonly word: string;
  /** What people read; undefined: it is not all like ASCII. */
  readonly reads: string | undefined;
  readonly mixesScripts: boolean;
}

/** Words within a text, such as parts of an address, that are not what they look like. */
export function lookalikesIn(text: string): readonly Lookalike[] {
  if (!NON_ASCII.test(text)) return [];
  return text
    .normalize('NFC')
    .split(/[^A-Za-z0-9\u0080-\u{10ffff}]+/u)
    .flatMap((word) => lookalike(word) ?? []);
}

function lookalike(word: string): Lookalike | undefined {
  if (!NON_ASCII.test(word)) return undefined;
  const reads = readAs(word);
  const isMixed = mixesScripts(word);
  if (!NON_ASCII.test(reads)) return { word: marked(word), reads, mixesScripts: isMixed };
  if (!isMixed && !MARKED.test(word)) return undefined;
  return { word: marked(word), reads: undefined, mixesScripts: isMixed };
}

/** A text as people read it who expect ASCII. */
function readAs(text: string): string {
  return [...text].map((one) => ASCII_OF.get(one) ?? asciiOf(one) ?? one).join('');
}

/** What Unicode takes for the same as something in ASCII: wide letters, letters in circles, ligatures. */
function asciiOf(one: string): string | undefined {
  const plain = one.normalize('NFKC');
  return plain !== one && !NON_ASCII.test(plain) ? plain : undefined;
}

function mixesScripts(word: string): boolean {
  const letters = [...word].filter((one) => /\p{L}/u.test(one));
  return letters.some((one) => /\p{Script=Latin}/u.test(one)) && letters.some((one) => !BESIDE_LATIN.test(one));
}

function marked(word: string): string {
  const isPlain = (one: string) => !NON_ASCII.test(one) || (/\p{L}/u.test(one) && !ASCII_OF.has(one) && !asciiOf(one));
  return [...word].map((one) => (isPlain(one) ? one : escapeOf(one))).join('');
}

/** A text in which everything that shows nothing, or as a space that it is not, is an escape. */
export function withoutBlanks(text: string): string {
  return escaped(text).replace(SPACES, escapeOf);
}

/** Equal for names that people could take for each other: letters of other scripts, of ASCII that look alike, and cases. */
export function looksLike(name: string): string {
  return readAs(name.normalize('NFC'))
    .toLowerCase()
    .replace(/[1i|]/g, 'l')
    .replace(/0/g, 'o')
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w')
    .replace(/_/g, '-');
}
