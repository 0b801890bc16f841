import { createHash, randomUUID } from 'node:crypto';
import { keepSources, sourceOf, writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { forEachInSlices } from './yield-to-event-loop.ts';

/** Members that are compared one by one; fingerprints have their digests in this order. */
export const OWN_PARTS = ['title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;
/** All other members, compared as one: `describe` shows every member of a definition to the model. */
const OTHERS = 'others';

export type Part = (typeof OWN_PARTS)[number] | typeof OTHERS;

/** Parts of a fingerprint, in its order. The name is none: it says which tools are compared. */
const PARTS: readonly Part[] = [...OWN_PARTS, OTHERS];

const PART_NAMES: Readonly<Record<Part, string>> = {
  title: 'title',
  description: 'description',
  inputSchema: 'input schema',
  outputSchema: 'output schema',
  annotations: 'annotations',
  others: 'other members',
};

/** Length of the digest of a part, in characters: 96 bits. */
const DIGEST_CHARS = 16;

/** Longest double that `JSON.stringify` writes, in characters: -2.2250738585072014e-308. */
const MAX_FIGURE_CHARS = 24;

/**
 * Digests of all parts, so that two fingerprints show which parts differ. A definition that is nested too deeply gets a
 * random one, so it never equals itself.
 */
export function fingerprintOf(definition: ToolDefinition): string {
  try {
    const own = OWN_PARTS.map((part) => digestOf(definition, part));
    return [...own, digestOf({ others: othersOf(definition) }, 'others')].join('.');
  } catch (error) {
    if (error instanceof RangeError) return randomUUID();
    throw error;
  }
}

/**
 * Digest of a list of tools exactly as received, computed in slices. Cheap, but it differs for lists that only differ
 * in the order of keys.
 */
export async function listDigest(tools: readonly ToolDefinition[]): Promise<string> {
  const hash = createHash('sha256');
  try {
    await forEachInSlices(tools, (tool) => void hash.update(writeJson(tool)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    hash.update(randomUUID());
  }
  return hash.digest('base64url');
}

function digestOf(holder: JsonObject, part: string): string {
  if (holder[part] === undefined) return '';
  return createHash('sha256').update(canonicalMember(holder, part)).digest('base64url').slice(0, DIGEST_CHARS);
}

/** The members that are not compared one by one; undefined: there are none. */
function othersOf(definition: ToolDefinition): unknown {
  const own = new Set<string>(['name', ...OWN_PARTS]);
  const others = Object.entries(definition).filter(([key]) => !own.has(key));
  if (others.length === 0) return undefined;
  const copy = others.map(([key]) => [key, key === '_meta' ? withoutFigures(definition, key) : definition[key]]);
  return keepSources(Object.fromEntries(copy), definition);
}

/**
 * A copy of `_meta` in which every number, boolean and null is 0. Servers put counters and times there, and none of
 * them is a text for a model. A number that is longer than any double may be one, and stays.
 */
function withoutFigures(holder: object, key: string | number): unknown {
  const value = (holder as { readonly [key: string | number]: unknown })[key];
  if (Array.isArray(value)) return value.map((_, at) => withoutFigures(value, at));
  if (isJsonObject(value))
    return Object.fromEntries(Object.keys(value).map((name) => [name, withoutFigures(value, name)]));
  if (typeof value === 'string') return value;
  const source = sourceOf(holder, key) ?? '';
  return source.length > MAX_FIGURE_CHARS ? source : 0;
}

/**
 * True if a trusted fingerprint fits a definition. A fingerprint of the format without `others` says nothing about
 * other members, so they may be anything.
 */
export function isSame(trusted: string | undefined, now: string): boolean {
  return trusted === now || (trusted !== undefined && isOldFormat(trusted) && now.startsWith(`${trusted}.`));
}

/** True if a trusted fingerprint covers the whole definition, its other members included. */
export function coversAllOf(trusted: string | undefined, now: string): boolean {
  return trusted === now || (trusted !== undefined && isOldFormat(trusted) && now === `${trusted}.`);
}

/** True if a fingerprint is of the format without `others`. */
export function isOldFormat(fingerprint: string): boolean {
  return fingerprint.split('.').length === OWN_PARTS.length;
}

/** The parts in which two fingerprints differ. */
export function changedParts(trusted: string, now: string): readonly Part[] {
  const digests = now.split('.');
  const own = trusted.split('.');
  return PARTS.filter((part, at) => own[at] !== digests[at] && !(part === OTHERS && isOldFormat(trusted)));
}

/** Names of parts for people, such as `description and input schema`. */
export function partNames(parts: readonly Part[]): string {
  const names = parts.map((part) => PART_NAMES[part]);
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} and ${last}` : last;
}

/** Keywords whose array is a set. Some servers build it from a set, so its order may differ from run to run. */
const SETS = new Set(['required']);
/** Longest text of a number, in characters, that is normalized; a longer one is compared as written. */
const MAX_DIGITS = 1_000;

/**
 * Canonical JSON: keys of every object and `required` are sorted, so equal values give equal text. Throws `RangeError`
 * when nested too deeply.
 */
function canonicalJson(value: unknown, key?: string): string {
  if (Array.isArray(value)) {
    const items = value.map((_, at) => canonicalMember(value, at));
    return `[${(key !== undefined && SETS.has(key) ? items.sort() : items).join(',')}]`;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalMember(value, name)}`).join(',')}}`;
}

/**
 * Canonical JSON of a member. It takes the holder, because the holder knows how its numbers are written in the source.
 */
export function canonicalMember(holder: object, key: string | number): string {
  const member = (holder as { readonly [key: string | number]: unknown })[key];
  if (typeof member !== 'number') return canonicalJson(member, typeof key === 'string' ? key : undefined);
  return exactNumber(member, sourceOf(holder, key));
}

/** Writes a number as `JSON.stringify` does, unless that is another number than the source text says. */
function exactNumber(number: number, source: string | undefined): string {
  if (Object.is(number, -0)) return '-0';
  const written = JSON.stringify(number);
  return source === undefined || decimal(source) === decimal(written) ? written : decimal(source);
}

/** Normal form of a number's text, equal for texts of the same number: `15e-1` for `1.5` and `1.50`. */
function decimal(text: string): string {
  const {
    sign = '',
    whole = '',
    fraction = '',
    exponent = '0',
  } = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<fraction>\d+))?(?:[eE](?<exponent>[+-]?\d+))?$/.exec(text)?.groups ?? {};
  if (whole === '' || text.length > MAX_DIGITS) return text;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power =
    BigInt(exponent.replace('+', '')) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}
