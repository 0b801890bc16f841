import type { ServerConfig } from '../config/schema.ts';
import { BLANK, blankForms } from '../core/credential-forms.ts';
import { keepSources, sourceOf } from '../core/exact-json.ts';
import { isJsonObject } from '../core/json.ts';
import { type RpcError, URL_ELICITATION_REQUIRED } from '../core/rpc.ts';
import { entrySecrets } from './entry-secrets.ts';

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
 * anything is cut: half a secret is none that can be found.
 */
export function redactor(config: ServerConfig, others: () => readonly string[] = () => NONE): Redact {
  const filledIn = (config.filledIn ?? []).filter((value) => !HARMLESS.test(value));
  const own = [...entrySecrets(config), ...filledIn];
  let known = { theirs: '[]', blank: blanker(own) };
  return (text) => {
    const found = secretsIn(text, others());
    const theirs = JSON.stringify(found);
    if (known.theirs !== theirs) known = { theirs, blank: blanker([...own, ...found]) };
    return blankForms(known.blank(text));
  };
}

/** The same array comes with every text, until the configuration is another. */
const written = new WeakMap<readonly string[], readonly { secret: string; forms: readonly string[] }[]>();

/** Those that stand in a text: one pattern of all that a large configuration has would take seconds. */
function secretsIn(text: string, secrets: readonly string[]): readonly string[] {
  const known =
    written.get(secrets) ??
    secrets
      .filter((each) => !HARMLESS.test(each))
      .map((secret) => ({ secret, forms: [...inBytes(secret), ...asWritten(secret)].filter(isTold) }));
  written.set(secrets, known);
  return known.filter(({ forms }) => forms.some((form) => text.includes(form))).map(({ secret }) => secret);
}

/** The same for secrets that are certain: whether a text of somebody else holds one of them. */
export function secretRedactor(config: ServerConfig): Redact {
  return blanker(entrySecrets(config));
}

/** Deeper values are left out: whoever nests them so deep has something else in mind than to be understood. */
const MAX_DEPTH = 100;

/** An error that a server wrote, with every text in it redacted. */
export function redactedError(error: RpcError, redact: Redact): RpcError {
  const { code, message, data } = error;
  const redacted = redactAll(data, redact, MAX_DEPTH, sourceOf(error, 'data'));
  const shown = code === URL_ELICITATION_REQUIRED ? withAddresses(redacted, data) : redacted;
  return keepSources({ code, message: redact(message), ...(data !== undefined && { data: shown }) }, error);
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

/** `source`: how a number was written. */
function redactAll(value: unknown, redact: Redact, depth: number, source?: string): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value === 'number') {
    const texts = [String(value), ...(source === undefined ? [] : [source])];
    return texts.some((text) => redact(text) !== text) ? BLANK : value;
  }
  if (value === null || typeof value !== 'object') return value;
  if (depth === 0) return BLANK;
  const redacted = (each: unknown, key: string | number) => redactAll(each, redact, depth - 1, sourceOf(value, key));
  if (Array.isArray(value)) return keepSources(value.map(redacted), value);
  const members = Object.entries(value).map(([key, each]) => [redact(key), redacted(each, key)]);
  return keepSources(Object.fromEntries(members), value);
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
  const literal = form.replace(/[$()*+.?[\\\]^{|}/]/g, '\\$&');
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
