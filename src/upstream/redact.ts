import type { ServerConfig } from '../config/schema.ts';
import { BLANK, blankForms } from '../core/credential-forms.ts';
import { clip } from '../core/errors.ts';
import { escapeRegExp } from '../core/escape-regexp.ts';
import { keepSources, sourceOf } from '../core/exact-json.ts';
import { blankedAsRead } from '../core/invisible-characters.ts';
import { isJsonObject } from '../core/json.ts';
import { type RpcError, URL_ELICITATION_REQUIRED } from '../core/rpc.ts';
import { entrySecrets } from './entry-secrets.ts';
import { TextFinder } from './text-finder.ts';

type Redact = (text: string) => string;

const NONE: readonly string[] = [];

/**
 * Shorter values, and shorter ones of letters alone, are blanked as whole words only; below the last bound not at all:
 * errors must stay readable.
 */
const MIN_LENGTH = 6;
const MIN_LETTERS = 12;
const MIN_WORD_LENGTH = 4;

/** What stands before a word: no letter or digit, but for the last one of an escape of an address, of JSON or of a terminal. */
const WORD_BEGINS =
  '(?:(?<![\\p{L}\\p{N}])|(?<=%[\\da-fA-F]{2}|\\\\[bfnrt]|\\\\u[\\da-fA-F]{4}|\\\\x[\\da-fA-F]{2}|\\x1b\\[[\\d;]{0,20}m))';
const WORD_ENDS = '(?![\\p{L}\\p{N}])';

/** Values that are in every second text, whatever they are the value of. */
const COMMON =
  /^(?:true|false|null|none|undefined|default|enabled|disabled|localhost|127\.0\.0\.1|0\.0\.0\.0|development|production|staging|testing|verbose|debug|info|warning|error|latest|stdio|bearer|basic|application\/json|utf-8)$/i;

/** What a variable often holds that is no secret: numbers, such as a port, and a few letters. */
const HARMLESS = /^(?:\d{1,7}|.{1,5})$/s;

/**
 * A function that blanks in a text of ours what a server's entry keeps to itself: its secrets, whatever was filled in
 * from variables, files or secrets, what has the form of a credential, and what `others` keep to themselves. Before
 * anything is cut: half a secret is none that can be found. In linear time, however many secrets there are.
 */
export function redactor(config: ServerConfig, others: () => readonly string[] = () => NONE): Redact {
  const own = new Secrets(() => [...entrySecrets(config), ...(config.filledIn ?? []).filter(isTelling)]);
  let known = { secrets: '[]', blank: blanker(NONE) };
  const blankKnown = (text: string) => {
    const found = [...own.in(text), ...secretsOf(others()).in(text)];
    const secrets = JSON.stringify(found);
    if (known.secrets !== secrets) known = { secrets, blank: blanker(found) };
    return known.blank(text);
  };
  return (text) => blankForms(blankedAsRead(text, blankKnown));
}

function isTelling(value: string): boolean {
  return !HARMLESS.test(value);
}

/** The same array comes with every text, until the configuration is another. */
const indexed = new WeakMap<readonly string[], Secrets>();

function secretsOf(others: readonly string[]): Secrets {
  const secrets = indexed.get(others) ?? new Secrets(() => others.filter(isTelling));
  indexed.set(others, secrets);
  return secrets;
}

/**
 * Secrets of which those are found that stand in a text: one pattern of all that a large configuration has would take
 * seconds. Made ready when the first text comes.
 */
class Secrets {
  readonly #secrets: () => readonly string[];
  #index: { readonly ofForm: readonly string[]; readonly forms: TextFinder } | undefined;

  constructor(secrets: () => readonly string[]) {
    this.#secrets = secrets;
  }

  /** Those in a text, in any form, in the order in which they were given. */
  in(text: string): readonly string[] {
    this.#index ??= indexOf(this.#secrets());
    const { ofForm, forms } = this.#index;
    const found = [...forms.in(text)].sort((a, b) => a - b);
    return [...new Set(found.map((at) => ofForm[at] ?? ''))];
  }
}

function indexOf(secrets: readonly string[]): { ofForm: readonly string[]; forms: TextFinder } {
  const written = secrets.flatMap((secret) =>
    [...inBytes(secret), ...asWritten(secret)].filter(isTold).map((form) => ({ secret, form })),
  );
  return { ofForm: written.map(({ secret }) => secret), forms: new TextFinder(written.map(({ form }) => form)) };
}

/** The same for secrets that are certain: whether a text of somebody else holds one of them. */
export function secretRedactor(config: ServerConfig): Redact {
  const blank = blanker(entrySecrets(config));
  return (text) => blankedAsRead(text, blank);
}

/** How much behind the end of an excerpt is looked at, in characters: more than the longest secret in its longest form. */
const MARGIN = 16_384;

/**
 * The beginning of a text of any length, blanked and cut to at most `max` characters. Only so much of it is looked at as
 * is needed; a secret that the end of that goes through is cut off with it.
 */
export function redactedStart(text: string, redact: Redact, max: number): string {
  if (text.length <= max + MARGIN) return clip(redact(text), max);
  const start = redact(text.slice(0, max + MARGIN)).slice(0, -MARGIN);
  return clip(`${start}…`, max);
}

/** Deeper values are left out: whoever nests them so deep has something else in mind than to be understood. */
const MAX_DEPTH = 100;
/** Characters of a message, and of all texts and numbers of its data, that are looked through. */
const MAX_CHARS = 1_000_000;
// Not by toLocaleString: at the start of every session that would load the tables of languages (13 ms).
const TOO_MUCH = '[left out: more than 1,000,000 characters of data in an error]';
/** What stands between texts that are looked through as one: in no secret, and nothing that goes on over it. */
const SEPARATOR = '\u2028\uffff\u2028';

/** An error that a server wrote, with every text in it redacted; what is too long to be an explanation is left out. */
export function redactedError(error: RpcError, redact: Redact): RpcError {
  const { code, message, data } = error;
  const redacted = redactedData(data, redact, sourceOf(error, 'data'));
  const shown = code === URL_ELICITATION_REQUIRED ? withAddresses(redacted, data) : redacted;
  const told = redactedStart(message, redact, MAX_CHARS);
  return keepSources({ code, message: told, ...(data !== undefined && { data: shown }) }, error);
}

/**
 * A value with its keys, texts and numbers redacted. As one text: to look through a hundred thousand, one after the other,
 * would take minutes. `source`: how a number was written.
 */
function redactedData(value: unknown, redact: Redact, source?: string): unknown {
  const texts: string[] = [];
  if (!collectTexts({ value, depth: MAX_DEPTH, source }, texts, { left: MAX_CHARS })) return TOO_MUCH;
  const redacted = redact(texts.join(SEPARATOR)).split(SEPARATOR);
  // A server that writes the separator itself.
  const isWhole = redacted.length === Math.max(texts.length, 1);
  let at = 0;
  return redactAll({ value, depth: MAX_DEPTH, source }, () => (isWhole ? (redacted[at++] ?? BLANK) : BLANK));
}

interface Leaf {
  readonly value: unknown;
  /** Levels that may follow. */
  readonly depth: number;
  /** How a number was written. */
  readonly source: string | undefined;
}

/** Every text in a value, in the order in which `redactAll` wants them; false when they are too many. */
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

/** `next`: what the next text has become. */
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

/** With the addresses that the client is to open as they came: without their parameters they would lead nowhere. */
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
  const forms = [...new Set([...anywhere, ...secrets.flatMap(asWritten)])].filter(isTold);
  if (forms.length === 0) return (text) => text;
  // Longest first, so that a secret that contains another is blanked whole.
  const pattern = forms.sort((a, b) => b.length - a.length).map((form) => patternOf(form, anywhere.has(form)));
  const all = new RegExp(pattern.join('|'), 'gu');
  return (text) => text.replace(all, BLANK);
}

/** Whether a form says enough to be blanked. */
function isTold(form: string): boolean {
  return form.length >= MIN_WORD_LENGTH && !COMMON.test(form);
}

function patternOf(form: string, isAnywhere: boolean): string {
  const literal = escapeRegExp(form);
  const isPart = form.length >= (/^\p{L}+$/u.test(form) ? MIN_LETTERS : MIN_LENGTH);
  return isAnywhere || isPart ? literal : `${WORD_BEGINS}${literal}${WORD_ENDS}`;
}

/** A secret as it may stand in a text: as a whole, line by line as stderr is read, within an address, a form, JSON or a shell's quotes. */
function asWritten(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const texts = [...new Set([secret, ...lines])];
  const encoded = texts.flatMap((text) => [...inAddress(text), JSON.stringify(text).slice(1, -1)]);
  return [...texts, ...encoded];
}

/**
 * A secret in hex, and in base64: as a whole, and as what is the same within that of a longer text, such as `user:password`,
 * wherever in it the secret begins.
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
    // Half a character: nothing that could stand in an address.
    return [];
  }
}
