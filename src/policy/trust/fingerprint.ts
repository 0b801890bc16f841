import { createHash, randomUUID } from 'node:crypto';
import { keepSources, sourceOf, writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { inSlices } from './yield-to-event-loop.ts';

/** Members that are compared one by one; the order is that of fingerprints. */
export const OWN_PARTS = ['title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;
/** All the other members as one: whatever a definition has reaches the model by `describe`. */
const OTHERS = 'others';

export type Part = (typeof OWN_PARTS)[number] | typeof OTHERS;

/** What fingerprints are made of; tools are compared by their name. */
const PARTS: readonly Part[] = [...OWN_PARTS, OTHERS];

const PART_NAMES: Readonly<Record<Part, string>> = {
  title: 'title',
  description: 'description',
  inputSchema: 'input schema',
  outputSchema: 'output schema',
  annotations: 'annotations',
  others: 'other members',
};

/** Characters of the digest of a part: 96 bits. */
const DIGEST_CHARS = 16;

/** Characters that `JSON.stringify` makes of a double at most: -2.2250738585072014e-308. */
const MAX_FIGURE_CHARS = 24;

/** A digest of each part, so that two fingerprints tell what differs. A definition nested too deeply never has the same twice. */
export function fingerprintOf(definition: ToolDefinition): string {
  try {
    const own = OWN_PARTS.map((part) => digestOf(definition, part));
    return [...own, digestOf({ others: othersOf(definition) }, 'others')].join('.');
  } catch (error) {
    if (error instanceof RangeError) return randomUUID();
    throw error;
  }
}

/** Digest of a list of tools exactly as it was received, computed in slices; cheap, and different for lists that mean the same. */
export async function listDigest(tools: readonly ToolDefinition[]): Promise<string> {
  const hash = createHash('sha256');
  try {
    await inSlices(tools, (tool) => void hash.update(writeJson(tool)));
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

/** The members that are no part of their own; undefined: there are none. */
function othersOf(definition: ToolDefinition): unknown {
  const own = new Set<string>(['name', ...OWN_PARTS]);
  const others = Object.entries(definition).filter(([key]) => !own.has(key));
  if (others.length === 0) return undefined;
  const copy = others.map(([key]) => [key, key === '_meta' ? withoutFigures(definition, key) : definition[key]]);
  return keepSources(Object.fromEntries(copy), definition);
}

/**
 * All that does not count of a definition: which number, or which of yes, no and nothing, stands in its `_meta`. Servers count
 * and tell the time there, and none of it is a text for a model. A number longer than any double is written may be one.
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

/** Whether a trusted fingerprint may be that of a definition: one of before `others` were compared says nothing of them. */
export function isSame(trusted: string | undefined, now: string): boolean {
  return trusted === now || (trusted !== undefined && isOld(trusted) && now.startsWith(`${trusted}.`));
}

/** Whether a trusted fingerprint says all of a definition, its other members too. */
export function saysAllOf(trusted: string | undefined, now: string): boolean {
  return trusted === now || (trusted !== undefined && isOld(trusted) && now === `${trusted}.`);
}

/** Whether a fingerprint is of before `others` were compared. */
export function isOld(fingerprint: string): boolean {
  return fingerprint.split('.').length === OWN_PARTS.length;
}

/** The parts in which two fingerprints differ. */
export function differing(trusted: string, now: string): readonly Part[] {
  const digests = now.split('.');
  const own = trusted.split('.');
  return PARTS.filter((part, at) => own[at] !== digests[at] && !(part === OTHERS && isOld(trusted)));
}

/** Parts as people call them: `description and input schema`. */
export function partNames(parts: readonly Part[]): string {
  const names = parts.map((part) => PART_NAMES[part]);
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} and ${last}` : last;
}

/** Arrays whose order means nothing, and which some servers make of sets: it may differ from run to run. */
const SETS = new Set(['required']);
/** Longer texts of numbers are taken as they stand. */
const MAX_DIGITS = 1_000;

/** JSON with the keys of every object, and `required`, in order: equal for values that mean the same. Throws `RangeError` when nested too deeply. */
function canonicalJson(value: unknown, key?: string): string {
  if (Array.isArray(value)) {
    const items = value.map((_, at) => canonicalMember(value, at));
    return `[${(key !== undefined && SETS.has(key) ? items.sort() : items).join(',')}]`;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalMember(value, name)}`).join(',')}}`;
}

/** The same of a member of an object or list, which knows how its numbers are written. */
export function canonicalMember(holder: object, key: string | number): string {
  const member = (holder as { readonly [key: string | number]: unknown })[key];
  if (typeof member !== 'number') return canonicalJson(member, typeof key === 'string' ? key : undefined);
  return exactNumber(member, sourceOf(holder, key));
}

/** As `JSON.stringify` writes a number, unless that is another one than its text says. */
function exactNumber(number: number, source: string | undefined): string {
  if (Object.is(number, -0)) return '-0';
  const written = JSON.stringify(number);
  return source === undefined || decimal(source) === decimal(written) ? written : decimal(source);
}

/** Equal for texts of the same number: `15e-1` for `1.5` and `1.50`. */
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
