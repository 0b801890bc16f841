const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Digests, which pin what is run: `image@sha256:…`. */
const DIGEST = /^(?:sha(?:1|256|384|512))[:=-]/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * Whether a word of at least so many characters looks drawn by lot: letters and digits, or cases, that change all the time.
 * Words of people do not: `claude-3-5-sonnet-20241022`, `getUserById`, `1.2.3-beta.4`.
 */
export function looksRandom(word: string, least = 20): boolean {
  const text = word.replace(/[-_.~+/=%]/g, '');
  if (text.length < least || DIGEST.test(word) || isUuid(word) || /[^A-Za-z\d]/.test(text)) return false;
  // In an address less is enough.
  const leastHex = least < 20 ? 16 : 24;
  if (/^[0-9a-f]+$/i.test(text))
    return text.length >= leastHex ? /\d/.test(text) && /[a-f]/i.test(text) : changes(text) >= text.length * 0.3;
  // Of a word with a capital the capital says nothing.
  const level = text.replace(/[A-Z](?=[a-z]{2})/g, (letter) => letter.toLowerCase());
  return changes(level) >= level.length * (/\d/.test(text) ? 0.27 : 0.42);
}

/** The same of a shorter word without any mark in it: what people write changes less often. */
export function looksRandomShort(word: string): boolean {
  if (!/^[A-Za-z\d]{16,19}$/.test(word) || !/\d/.test(word)) return false;
  const level = word.replace(/[A-Z](?=[a-z]{2})/g, (letter) => letter.toLowerCase());
  return changes(level) >= word.length * 0.35;
}

/** How often a letter follows a digit, a capital a small one, and the reverse. */
function changes(text: string): number {
  const kinds = [...text].map((letter) => (/\d/.test(letter) ? 'digit' : /[a-z]/.test(letter) ? 'small' : 'capital'));
  return kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
}
