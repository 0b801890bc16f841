import type { ServerConfig } from '../config/schema.ts';
import { BLANK, blankForms } from '../core/credential-forms.ts';
import { clip } from '../core/errors.ts';
import { keepSources, sourceOf } from '../core/exact-json.ts';
import { escapeRegExp } from '../core/glob.ts';
import { blankedAsRead } from '../core/invisible-characters.ts';
import { isJsonObject } from '../core/json.ts';
import { type RpcError, URL_ELICITATION_REQUIRED } from '../core/rpc.ts';
import { entrySecrets } from './entry-secrets.ts';
import { TextFinder } from './text-finder.ts';

type Redact = (text: string) => string;

const NONE: readonly string[] = [];

/**
 * Values shorter than MIN_LENGTH (letters only: MIN_LETTERS) are blanked as whole words only, and those shorter than
 * MIN_WORD_LENGTH not at all, because errors must stay readable.
 */
const MIN_LENGTH = 6;
const MIN_LETTERS = 12;
const MIN_WORD_LENGTH = 4;

/**
 * Lookbehind for the beginning of a word: no letter or digit before it, except for one that ends an escape of a URL, of
 * JSON or of a terminal.
 */
const WORD_BEGINS =
  '(?:(?<![\\p{L}\\p{N}])|(?<=%[\\da-fA-F]{2}|\\\\[bfnrt]|\\\\u[\\da-fA-F]{4}|\\\\x[\\da-fA-F]{2}|\\x1b\\[[\\d;]{0,20}m))';
const WORD_ENDS = '(?![\\p{L}\\p{N}])';

/** Values that occur in many texts and are not blanked. */
const COMMON =
  /^(?:true|false|null|none|undefined|default|enabled|disabled|localhost|127\.0\.0\.1|0\.0\.0\.0|development|production|staging|testing|verbose|debug|info|warning|error|latest|stdio|bearer|basic|application\/json|utf-8)$/i;

/** Values of variables that are usually no secret: numbers, such as a port, and up to five characters. */
const HARMLESS = /^(?:\d{1,7}|.{1,5})$/s;

/**
 * Returns a function that blanks the private values of a server's entry in one of our texts: its secrets, every value
 * that was filled in from variables, files or secrets, every text in the form of a credential, and the values of
 * `others`. Called before a text is cut, because half a secret cannot be found. Takes linear time, however many secrets
 * there are.
 */
export function redactor(config: ServerConfig, others: () => readonly string[] = () => NONE): Redact {
  const own = new Secrets(() => [...entrySecrets(config), ...(config.filledIn ?? []).filter(mayBeSecret)]);
  let known = { secrets: '[]', blank: blanker(NONE) };
  const blankKnown = (text: string) => {
    const found = [...own.in(text), ...secretsOf(others()).in(text)];
    const secrets = JSON.stringify(found);
    if (known.secrets !== secrets) known = { secrets, blank: blanker(found) };
    return known.blank(text);
  };
  return (text) => blankForms(blankedAsRead(text, blankKnown));
}

function mayBeSecret(value: string): boolean {
  return !HARMLESS.test(value);
}

/** Cached by array: the same array comes with every text until the configuration changes. */
const indexed = new WeakMap<readonly string[], Secrets>();

function secretsOf(others: readonly string[]): Secrets {
  const secrets = indexed.get(others) ?? new Secrets(() => others.filter(mayBeSecret));
  indexed.set(others, secrets);
  return secrets;
}

/**
 * Finds the secrets that occur in a text, so that a pattern is made of these only: one pattern of all secrets of a
 * large configuration would take seconds. The index is made for the first text.
 */
class Secrets {
  readonly #secrets: () => readonly string[];
  #index: { readonly ofForm: readonly string[]; readonly forms: TextFinder } | undefined;

  constructor(secrets: () => readonly string[]) {
    this.#secrets = secrets;
  }

  /** Returns the secrets that occur in a text, in any form, in their given order. */
  in(text: string): readonly string[] {
    this.#index ??= indexOf(this.#secrets());
    const { ofForm, forms } = this.#index;
    const found = [...forms.in(text)].sort((a, b) => a - b);
    return [...new Set(found.map((at) => ofForm[at] ?? ''))];
  }
}

function indexOf(secrets: readonly string[]): { ofForm: readonly string[]; forms: TextFinder } {
  const written = secrets.flatMap((secret) =>
    [...inBytes(secret), ...asWritten(secret)].filter(isWorthBlanking).map((form) => ({ secret, form })),
  );
  return { ofForm: written.map(({ secret }) => secret), forms: new TextFinder(written.map(({ form }) => form)) };
}

/**
 * Returns a function that blanks only the certain secrets of an entry. The catalog cache uses it to test whether a
 * server's text contains one.
 */
export function secretRedactor(config: ServerConfig): Redact {
  const blank = blanker(entrySecrets(config));
  return (text) => blankedAsRead(text, blank);
}

/** Characters after the end of an excerpt that are searched too: more than the longest secret in its longest form. */
const MARGIN = 16_384;

/**
 * Returns the beginning of a text of any length, blanked and cut to at most `max` characters. The text is searched only
 * as far as needed; a secret that crosses that end is cut off.
 */
export function redactedStart(text: string, redact: Redact, max: number): string {
  if (text.length <= max + MARGIN) return clip(redact(text), max);
  const start = redact(text.slice(0, max + MARGIN)).slice(0, -MARGIN);
  return clip(`${start}…`, max);
}

/** Deepest level of an error's data; deeper values are blanked. */
const MAX_DEPTH = 100;
/** Most characters of a message, and of all texts and numbers of its data, that are searched. */
const MAX_CHARS = 1_000_000;
// A literal, because toLocaleString would load the tables of languages at the start of every session (13 ms).
const TOO_MUCH = '[left out: more than 1,000,000 characters of data in an error]';
/** Separator of texts that are searched as one. No secret contains it, and no pattern matches across it. */
const SEPARATOR = '\u2028\uffff\u2028';

/** Redacts all texts of a server's error. Data that is too long is left out. */
export function redactedError(error: RpcError, redact: Redact): RpcError {
  const { code, message, data } = error;
  const redacted = redactedData(data, redact, sourceOf(error, 'data'));
  const shown = code === URL_ELICITATION_REQUIRED ? withAddresses(redacted, data) : redacted;
  const told = redactedStart(message, redact, MAX_CHARS);
  return keepSources({ code, message: told, ...(data !== undefined && { data: shown }) }, error);
}

/**
 * Redacts the keys, texts and numbers of a value. They are searched as one text: a hundred thousand searches would take
 * minutes. `source` is the text of a number.
 */
function redactedData(value: unknown, redact: Redact, source?: string): unknown {
  const texts: string[] = [];
  if (!collectTexts({ value, depth: MAX_DEPTH, source }, texts, { left: MAX_CHARS })) return TOO_MUCH;
  const redacted = redact(texts.join(SEPARATOR)).split(SEPARATOR);
  // Otherwise the server has written the separator itself, and all texts are blanked.
  const isWhole = redacted.length === Math.max(texts.length, 1);
  let at = 0;
  return redactAll({ value, depth: MAX_DEPTH, source }, () => (isWhole ? (redacted[at++] ?? BLANK) : BLANK));
}

interface Leaf {
  readonly value: unknown;
  /** Number of further levels that are searched. */
  readonly depth: number;
  /** The text of a number in its source. */
  readonly source: string | undefined;
}

/** Collects every text of a value, in the order in which `redactAll` needs them. False if they are too many. */
function collectTexts({ value, depth, source }: Leaf, texts: string[], room: { left: number }): boolean {
  const take = (text: string) => {
    texts.push(text);
    room.left -= text.length + SEPARATOR.length;
    return room.left >= 0;
  };
  if (typeof value === 'string') return take(value);
  if (typeof value === 'number') return writtenOf(value, source).every(take);
  if (value === null || typeof value !== 'object' || depth === 0) return true;
  const holder = value;
  const isKept = (each: unknown, key: string | number) =>
    collectTexts({ value: each, depth: depth - 1, source: sourceOf(holder, key) }, texts, room);
  if (Array.isArray(value)) return value.every(isKept);
  return Object.entries(value).every(([key, each]) => take(key) && isKept(each, key));
}

function writtenOf(value: number, source: string | undefined): readonly string[] {
  return source === undefined ? [String(value)] : [String(value), source];
}

/** Replaces every text of a value by `next()`, its redacted form. */
function redactAll({ value, depth, source }: Leaf, next: () => string): unknown {
  if (typeof value === 'string') return next();
  if (typeof value === 'number') {
    const changed = writtenOf(value, source).filter((text) => next() !== text);
    return changed.length > 0 ? BLANK : value;
  }
  if (value === null || typeof value !== 'object') return value;
  if (depth === 0) return BLANK;
  const holder = value;
  const redacted = (each: unknown, key: string | number) =>
    redactAll({ value: each, depth: depth - 1, source: sourceOf(holder, key) }, next);
  if (Array.isArray(value)) return keepSources(value.map(redacted), value);
  const members = Object.entries(value).map(([key, each]) => [next(), redacted(each, key)]);
  return keepSources(Object.fromEntries(members), value);
}

/** Restores the addresses that the client is to open: without their parameters they would be useless. */
function withAddresses(redacted: unknown, data: unknown): unknown {
  if (!isJsonObject(redacted) || !isJsonObject(data)) return redacted;
  const [shown, given] = [redacted.elicitations, data.elicitations];
  if (!Array.isArray(shown) || !Array.isArray(given)) return redacted;
  const elicitations = shown.map((each: unknown, at) => {
    const asked: unknown = given[at];
    return isJsonObject(each) && isJsonObject(asked) && asked.url !== undefined ? { ...each, url: asked.url } : each;
  });
  return { ...redacted, elicitations };
}

function blanker(secrets: readonly string[]): Redact {
  const anywhere = new Set(secrets.flatMap(inBytes));
  const forms = [...new Set([...anywhere, ...secrets.flatMap(asWritten)])].filter(isWorthBlanking);
  if (forms.length === 0) return (text) => text;
  // Longest first, so that a secret that contains another is blanked whole.
  const pattern = forms.sort((a, b) => b.length - a.length).map((form) => patternOf(form, anywhere.has(form)));
  const all = new RegExp(pattern.join('|'), 'gu');
  return (text) => text.replace(all, BLANK);
}

/** True if a form is long and rare enough to be blanked. */
function isWorthBlanking(form: string): boolean {
  return form.length >= MIN_WORD_LENGTH && !COMMON.test(form);
}

function patternOf(form: string, isAnywhere: boolean): string {
  const literal = escapeRegExp(form);
  const isPart = form.length >= (/^\p{L}+$/u.test(form) ? MIN_LETTERS : MIN_LENGTH);
  return isAnywhere || isPart ? literal : `${WORD_BEGINS}${literal}${WORD_ENDS}`;
}

/** Forms of a secret in a text: whole, line by line (as stderr is read), and encoded for a URL, a form or JSON. */
function asWritten(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const texts = [...new Set([secret, ...lines])];
  const encoded = texts.flatMap((text) => [...inAddress(text), JSON.stringify(text).slice(1, -1)]);
  return [...texts, ...encoded];
}

/**
 * Returns a secret in hex and in base64: whole, and the part that is the same within a longer text such as
 * `user:password`, for each of the three offsets at which it may begin.
 */
function inBytes(secret: string): string[] {
  if (secret.length < MIN_LENGTH) return [];
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const inner = [0, 1, 2].map((before) => {
    const base64 = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return base64.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const base64 = [bytes.toString('base64').replace(/=+$/, ''), ...inner];
  return [hex, hex.toUpperCase(), ...base64, ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function inAddress(text: string): string[] {
  try {
    const encoded = encodeURIComponent(text);
    const lower = encoded.replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase());
    return [encoded, encoded.replaceAll('%20', '+'), lower];
  } catch {
    // A lone surrogate cannot be part of an address.
    return [];
  }
}
