import { isDeepStrictEqual } from 'node:util';
import { clip } from '../../core/errors.ts';
import { keepSources, parseJson, sourceOf, withNumber } from '../../core/exact-json.ts';
import { holdsFiller, isFiller } from '../../core/filler.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { beyondBounds, membersIn } from '../../core/json-bounds.ts';
import { findProblems, fits, isMismatch } from './check-arguments.ts';
import { numberIn } from './number-text.ts';
import { childPath, previewMember } from './preview.ts';
import {
  itemSchema,
  listOf,
  propertySchema,
  resolveReference,
  type SchemaWalk,
  step,
  walkFrom,
} from './schema-walk.ts';

/** Arguments changed to fit the schema, with the changes. */
export interface MendedArguments {
  /** The given object itself if nothing was changed. */
  readonly args: JsonObject;
  /** One line for each changed path, `args.count: "5" → 5`; the last of many lines says how many more there are. */
  readonly mended: readonly string[];
}

const MAX_LINES = 20;
const MAX_LINE_CHARS = 200;

/**
 * Converts stringified or mistyped arguments if the schema leaves only one reading of them. Never changes a value that
 * the schema accepts, or may accept as far as we can tell.
 */
export function mendArguments(schema: JsonObject, args: JsonObject): MendedArguments {
  const walk = walkFrom(schema);
  const after = walk ? mend(schema, args, walk) : args;
  if (after === args || !isJsonObject(after)) return { args, mended: [] };
  const mended = few([...changes(args, after, 'args')]);
  // A schema that contradicts itself may convert a value and convert it back: no change then.
  return mended.length > 0 ? { args: after, mended } : { args, mended };
}

// `source`: the text of a number that `JSON.stringify` would write otherwise.
function mend(schema: unknown, value: unknown, walk: SchemaWalk, source?: string): unknown {
  const isFine = fits(schema, value, walk);
  if (isFine && !holdsFiller(value)) return value;
  const inside = mendInside(schema, value, walk, source);
  if (inside !== value && fits(schema, inside, walk)) return inside;
  if (isFine) return value;
  const parsed = parsedContainer(inside, walk);
  const readings = asksFor(schema, inside, walk)
    ? []
    : conversions(inside, source).filter((reading) => mayMean(schema, inside, reading, walk));
  if (parsed !== undefined) readings.push(parsed);
  const mended = readings.map((reading) => mendInside(schema, reading, walk));
  const fitting = mended.filter((reading) => asksFor(schema, reading, walk) && fits(schema, reading, walk));
  if (fitting.length === 1) return fitting[0];
  // Takes a parsed array or object of the right kind even if no reading fits: its own problems can then be named.
  const isRightKind = parsed !== undefined && fitting.length === 0 && hasInnerProblemsOnly(schema, parsed, walk);
  return isRightKind ? mended.at(-1) : inside;
}

// A value without meaning may be read as null; as another value or an item of a list only if the schema names it.
function mayMean(schema: unknown, value: unknown, reading: unknown, walk: SchemaWalk): boolean {
  const isNothing = Array.isArray(reading) ? saysNothingAsItem(value) : saysNothing(value);
  return !isNothing || reading === null || names(schema, value, walk);
}

// True if a schema asks for the type of a value, or for this very value. Values are converted only to such a reading,
// and only if the schema does not ask for the value itself: an object that lacks a required name must not become valid
// by being put into an array.
function asksFor(schema: unknown, value: unknown, walk: SchemaWalk): boolean {
  return step(schema, walk, false, (known) => {
    const { $ref, allOf, anyOf, oneOf } = known;
    if (['type', 'const', 'enum'].some((keyword) => keyword in known)) return !isMismatch(known, value);
    const parts = [resolveReference($ref, walk), ...listOf(allOf), ...listOf(anyOf), ...listOf(oneOf)];
    return parts.some((part) => asksFor(part, value, walk));
  });
}

function hasInnerProblemsOnly(schema: unknown, value: unknown, walk: SchemaWalk): boolean {
  return findProblems(schema, value, walk).every(({ path }) => path !== '');
}

// Returns the value with its children mended; the value itself if no child was.
function mendInside(schema: unknown, value: unknown, walk: SchemaWalk, source?: string): unknown {
  return step(schema, walk, value, (known) => {
    const { $ref, allOf, anyOf, oneOf } = known;
    const referred = $ref === undefined ? value : mendInside(resolveReference($ref, walk), value, walk, source);
    if ($ref !== undefined && walk.isReferenceAlone) return referred;
    const children = mendChildren(known, referred, walk);
    const parts = listOf(allOf).reduce((mended, part) => mendInside(part, mended, walk, source), children);
    return [anyOf, oneOf].reduce<unknown>((mended, union) => mendByVariant(listOf(union), mended, walk, source), parts);
  });
}

function mendChildren(schema: JsonObject, value: unknown, walk: SchemaWalk): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item, index) => mend(itemSchema(schema, index), item, walk, sourceOf(value, index)));
    return items.every((item, index) => item === value[index]) ? value : keepSources(items, value);
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value)
    .map(([key, child]) => [key, mendChild(schema, [key, child], walk, sourceOf(value, key))] as const)
    .filter(([key, child]) => !isToBeLeftOut(schema, key, child, walk));
  const isSame = entries.length === Object.keys(value).length && entries.every(([key, child]) => child === value[key]);
  // Made from entries, because an assignment to `__proto__` would set the prototype.
  return isSame ? value : keepSources(Object.fromEntries(entries), value);
}

function mendChild(schema: JsonObject, [key, child]: [string, unknown], walk: SchemaWalk, source?: string): unknown {
  const own = childSchema(schema, key);
  const mended = mend(own, child, walk, source);
  const isRefused = isFiller(mended) && asksFor(own, null, walk) && !takesFiller(own, mended, walk);
  return isRefused ? null : mended;
}

function childSchema(schema: JsonObject, key: string): unknown {
  const own = propertySchema(schema, key);
  return own === undefined && schema.patternProperties === undefined ? schema.additionalProperties : own;
}

function mendByVariant(variants: readonly unknown[], value: unknown, walk: SchemaWalk, source?: string): unknown {
  if (variants.some((variant) => fits(variant, value, walk))) return value;
  const mended = variants.map((variant) => ({ variant, result: mend(variant, value, walk, source) }));
  const [first, ...others] = mended.filter(({ variant, result }) => fits(variant, result, walk));
  return first && others.every(({ result }) => isDeepStrictEqual(result, first.result)) ? first.result : value;
}

function* changes(before: object, after: object, path: string): Generator<string> {
  const keys = Array.isArray(before) ? before.keys() : Object.keys(before);
  for (const key of keys) yield* changesOf(before, after, key, childPath(path, key));
}

function* changesOf(before: object, after: object, key: string | number, path: string): Generator<string> {
  const [one, other] = [before, after].map((holder) => (holder as JsonObject)[key]); // a list has members by key too
  if (one === other) return;
  const areLists = Array.isArray(one) && Array.isArray(other);
  if (areLists || (isJsonObject(one) && isJsonObject(other))) yield* changes(one, other as object, path);
  else {
    const became = Object.hasOwn(after, key) ? previewMember(after, key) : 'left out';
    yield clip(`${path}: ${previewMember(before, key)} → ${became}`, MAX_LINE_CHARS);
  }
}

function few(lines: readonly string[]): readonly string[] {
  const more = lines.length - MAX_LINES;
  return more > 0 ? [...lines.slice(0, MAX_LINES), `… and ${more} more`] : lines;
}

const MAX_NUMBER_CHARS = 40;
const BOOLEAN = /^(?:true|false)$/i;
const SEVERAL = /[,;\n]/;

/**
 * Returns the array or object whose JSON text a string is; otherwise undefined. Subtracts its members from those that
 * `room` has left, and returns undefined if it has more.
 */
function parsedContainer(value: unknown, room: { membersLeft: number }): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value) || beyondBounds(value)) return undefined;
  room.membersLeft -= membersIn(value);
  if (room.membersLeft < 0) return undefined;
  try {
    return parseJson(value);
  } catch {
    return undefined;
  }
}

/**
 * Returns possible readings of a scalar in another type, also as the only item of an array; the schema decides.
 * `source` is the text of a number that `JSON.stringify` would write otherwise.
 */
function conversions(value: unknown, source?: string): readonly unknown[] {
  if (typeof value === 'string') return [...fromText(value), ...(isOneItem(value) ? [[value]] : [])];
  if (typeof value === 'boolean') return [String(value), [value]];
  if (typeof value === 'number' && source !== undefined) return ofExact(value, source);
  // A fraction is not converted to a text: 1.10 would have become 1.1.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? [String(value), [value]] : [[value]];
  return value === null || Array.isArray(value) ? [] : [[value]];
}

function ofExact(value: number, source: string): readonly unknown[] {
  const list = withNumber([value], '0', source);
  return /^-?\d+$/.test(source) ? [source, list] : [list];
}

function fromText(value: string): readonly unknown[] {
  if (value.length > MAX_NUMBER_CHARS) return [];
  const text = value.trim();
  if (BOOLEAN.test(text)) return [text.toLowerCase() === 'true'];
  if (isFiller(text)) return [null];
  const number = numberIn(text);
  return number === undefined ? [] : [number];
}

// `a, b` may be two items, and a broken `[…` is none.
function isOneItem(value: string): boolean {
  return !SEVERAL.test(value) && !/^\s*[[{]/.test(value);
}

/** Formats that name a syntax: a blank text or a word such as `null` never has it. */
const FORMATS = new Set([
  ...['date-time', 'date', 'time', 'duration', 'email', 'idn-email', 'uri', 'iri', 'url', 'uuid', 'ipv4', 'ipv6'],
  ...['hostname', 'idn-hostname'], // `none` has the letters of a host name and is none
]);

/** True for a value without meaning where a schema asks for a list, an object or a text. */
function saysNothing(value: unknown): boolean {
  return value === false || value === 0 || isFiller(value);
}

/** True for a value without meaning as the only item of a list: also for the texts `false` and `0`. */
function saysNothingAsItem(value: unknown): boolean {
  return saysNothing(value) || (typeof value === 'string' && /^\s*(?:false|0)\s*$/i.test(value));
}

/** Matches the text of an empty object or list. */
const EMPTY = /^\s*(?:\{\s*\}|\[\s*\])\s*$/;

/** True if an argument has to be left out: it has no meaning, its schema does not accept it, and it is optional. */
function isToBeLeftOut(schema: JsonObject, key: string, value: unknown, walk: SchemaWalk): boolean {
  const own = propertySchema(schema, key);
  const isNothing = isFiller(value) || (typeof value === 'string' && EMPTY.test(value));
  if (!isNothing || own === undefined || !isOptional(schema, key)) return false;
  return !takesFiller(own, value, walk) && !names(own, value, walk);
}

/** True if a property is not required, or has a default: some generators say so that the server fills it in. */
function isOptional(schema: JsonObject, key: string): boolean {
  const own = propertySchema(schema, key);
  if (isJsonObject(own) && 'default' in own) return true;
  return !listOf(schema.required).includes(key) && !(isJsonObject(own) && own.required === true);
}

/** True if a schema accepts a text without meaning; its format and pattern, if it has any, must accept it too. */
function takesFiller(schema: unknown, value: string, walk: SchemaWalk): boolean {
  return fits(schema, value, walk) && agrees(schema, value, walk);
}

function agrees(schema: unknown, value: string, walk: SchemaWalk): boolean {
  return step(schema, walk, true, (known) => {
    const { $ref, anyOf, oneOf, allOf, format, pattern } = known;
    if (typeof format === 'string' && FORMATS.has(format)) return false;
    if (typeof pattern === 'string' && misses(pattern, value)) return false;
    if ($ref !== undefined && !agrees(resolveReference($ref, walk), value, walk)) return false;
    if (!listOf(allOf).every((part) => agrees(part, value, walk))) return false;
    const variants = [...listOf(anyOf), ...listOf(oneOf)];
    return variants.length === 0 || variants.some((variant) => takesFiller(variant, value, walk));
  });
}

/** True if a pattern does not match a text; false for the syntax of another language, which is left to the server. */
function misses(pattern: string, text: string): boolean {
  try {
    return !new RegExp(pattern, 'u').test(text);
  } catch {
    return false;
  }
}

/** True if a schema, or that of its items, names this very value in any case: then the caller meant it. */
function names(schema: unknown, value: unknown, walk: SchemaWalk): boolean {
  return step(schema, walk, false, (known) => {
    const { $ref, enum: values, const: only, anyOf, oneOf, allOf } = known;
    if ([...listOf(values), only].some((one) => isSameWord(one, value))) return true;
    const parts = [resolveReference($ref, walk), itemSchema(known, 0), ...[anyOf, oneOf, allOf].flatMap(listOf)];
    return parts.some((part) => names(part, value, walk));
  });
}

function isSameWord(one: unknown, other: unknown): boolean {
  const [word, otherWord] = [one, other].map((value) =>
    isJsonObject(value) ? '' : String(value).trim().toLowerCase(),
  );
  return one !== null && one !== undefined && word !== '' && word === otherWord;
}
