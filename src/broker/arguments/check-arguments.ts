import { clip } from '../../core/errors.ts';
import { isSameJson, sourceOf } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { alternatives, brokenLimits, expectation, isTypeName } from './expectation.ts';
import { isBeyondDoubles, isSameNumber } from './number-text.ts';
import { childPath, kindOf, preview, previewMember } from './preview.ts';
import {
  itemSchema,
  listOf,
  propertySchema,
  resolveReference,
  type SchemaWalk,
  step,
  walkFrom,
} from './schema-walk.ts';

const MAX_PROBLEMS = 8;
const MAX_PATH_CHARS = 120;

/**
 * Returns at most 8 problems for which the tool's own schema surely refuses these arguments. It reports none that is
 * uncertain because of an unknown dialect, a remote reference, a keyword of doubtful meaning, or more depth or size
 * than is walked.
 */
export function checkArguments(schema: JsonObject, args: JsonObject): readonly ArgumentProblem[] {
  const walk = walkFrom(schema);
  const found = walk ? findProblems(schema, args, walk) : [];
  if (found.length === 0) return found;
  const different = new Map(found.map((one) => [`${one.path} ${one.expected}`, one]));
  return [...different.values()].slice(0, MAX_PROBLEMS).map((one) => ({
    ...one,
    path: clip(`args${one.path}`, MAX_PATH_CHARS),
  }));
}

/** The fault of one argument, in words that a model can act on. */
export interface ArgumentProblem {
  /** `args.filter.limit`, `args.items[2]`; during a walk, relative to the current value. */
  readonly path: string;
  /** `a whole number`, `one of "a", "b"`, `required`, `no property of that name; known: …`. */
  readonly expected: string;
  /** Kind and clipped value: `string "5 apples"`; `nothing` for a missing argument. */
  readonly found: string;
}

/** True if the problem is a missing required argument. */
export function isMissing({ found }: ArgumentProblem): boolean {
  return found === NOTHING;
}

type Problems = readonly ArgumentProblem[];

const NONE: Problems = [];
const NOTHING = 'nothing';
/** Problems of one array or object after which the walk looks for no more in it. */
const ENOUGH = 50;

/** True if `findProblems` finds no problem in a value. */
export function fits(schema: unknown, value: unknown, walk: SchemaWalk): boolean {
  return findProblems(schema, value, walk).length === 0;
}

/**
 * Returns the causes for which a schema refuses a value, without the chain of their parents; paths start at the value.
 * It knows only keywords that every server reads the same way, and may ignore the others, which is more lenient:
 * `pattern` (each language has its own, and some never end), `format`, `not`, `if`, `uniqueItems`, `unevaluated…`; of
 * `oneOf`, several may match.
 */
export function findProblems(schema: unknown, value: unknown, walk: SchemaWalk): Problems {
  if (value === undefined) return NONE;
  if (schema === false) return [problem(NOTHING, value)];
  return step(schema, walk, NONE, (known) => {
    if (value === null && known.nullable === true) return NONE;
    if (known.$ref === undefined) return ownProblems(known, value, walk);
    const referred = findProblems(resolveReference(known.$ref, walk), value, walk);
    return walk.isReferenceAlone || referred.length > 0 ? referred : ownProblems(known, value, walk);
  });
}

function ownProblems(schema: JsonObject, value: unknown, walk: SchemaWalk): Problems {
  // All other problems would follow from the wrong type.
  if (isMismatch(schema, value)) return [problem(expectation(schema, walk), value)];
  const { allOf, anyOf, oneOf } = schema;
  const found = [
    ...brokenLimits(schema, value).map((limit) => problem(limit, value)),
    ...childProblems(schema, value, walk),
  ];
  if (allOf !== undefined) found.push(...listOf(allOf).flatMap((part) => findProblems(part, value, walk)));
  if (anyOf !== undefined) found.push(...unionProblems(listOf(anyOf), value, walk));
  if (oneOf !== undefined) found.push(...unionProblems(listOf(oneOf), value, walk));
  return found;
}

/** True if a schema's `type`, `const` or `enum` refuses a value. */
export function isMismatch(schema: JsonObject, value: unknown): boolean {
  const { type, enum: values } = schema;
  if (type !== undefined && !hasType(value, type)) return true;
  if ('const' in schema && !isSame(value, schema, 'const')) return true;
  return Array.isArray(values) && values.length > 0 && !values.some((_, index) => isSame(value, values, index));
}

// A text with a number that no double holds matches that number, as it does in `isNumber`: the server reads it or
// refuses it.
function isSame(value: unknown, holder: object, key: string | number): boolean {
  if (isSameJson(value, (holder as JsonObject)[key])) return true;
  const source = sourceOf(holder, key);
  return source !== undefined && typeof value === 'string' && isBeyondDoubles(value) && isSameNumber(value, source);
}

function hasType(value: unknown, type: unknown): boolean {
  const names: readonly unknown[] = Array.isArray(type) ? type : [type];
  if (names.length === 0) return true;
  return names.some((name) => {
    if (name === 'integer' || name === 'number') return isNumber(value, name);
    return name === kindOf(value) || !isTypeName(name);
  });
}

// 1e400 is a whole number too. A number that no double holds may come as a text: a caller that had to write it as a
// number would change its value.
function isNumber(value: unknown, type: 'integer' | 'number'): boolean {
  const isText = typeof value === 'string' && isBeyondDoubles(value);
  if (!isText && typeof value !== 'number') return false;
  return type === 'number' || Number.isInteger(Number(value)) || Math.abs(Number(value)) === Infinity;
}

function childProblems(schema: JsonObject, value: unknown, walk: SchemaWalk): Problems {
  if (Array.isArray(value)) return itemProblems(schema, value, walk);
  return isJsonObject(value) ? propertyProblems(schema, value, walk) : NONE;
}

function itemProblems(schema: JsonObject, items: readonly unknown[], walk: SchemaWalk): Problems {
  if (schema.items === undefined && schema.prefixItems === undefined) return NONE;
  const found: ArgumentProblem[] = [];
  for (const [index, item] of items.entries()) {
    if (walk.stepsLeft <= 0 || found.length >= ENOUGH) break;
    found.push(...within(items, index, findProblems(itemSchema(schema, index), item, walk)));
  }
  return found;
}

function propertyProblems(schema: JsonObject, object: JsonObject, walk: SchemaWalk): Problems {
  const found = missing(schema, object);
  for (const key of Object.keys(object)) {
    if (walk.stepsLeft <= 0 || found.length >= ENOUGH) break;
    // Many servers treat null as absent.
    if (object[key] === null && !listOf(schema.required).includes(key)) continue;
    const own = propertySchema(schema, key);
    if (own !== undefined) found.push(...within(object, key, findProblems(own, object[key], walk)));
    else found.push(...within(object, key, additionalProblems(schema, object[key], walk)));
  }
  return found;
}

// Some generators give a required property a default to say that the server fills it in.
function missing(schema: JsonObject, object: JsonObject): ArgumentProblem[] {
  const names = listOf(schema.required).filter((name): name is string => {
    if (typeof name !== 'string' || (Object.hasOwn(object, name) && object[name] !== undefined)) return false;
    const own = propertySchema(schema, name);
    return !(isJsonObject(own) && 'default' in own);
  });
  return names.slice(0, ENOUGH).map((name) => ({ path: childPath('', name), expected: 'required', found: NOTHING }));
}

// `additionalProperties: false` refuses nothing here: servers written with zod declare it and then drop unknown
// properties.
function additionalProblems(schema: JsonObject, value: unknown, walk: SchemaWalk): Problems {
  const { additionalProperties, patternProperties } = schema;
  if (!isJsonObject(additionalProperties) || patternProperties !== undefined || value === undefined) return NONE;
  return findProblems(additionalProperties, value, walk);
}

interface Attempt {
  readonly variant: unknown;
  readonly found: Problems;
}

function unionProblems(variants: readonly unknown[], value: unknown, walk: SchemaWalk): Problems {
  const attempts: Attempt[] = [];
  for (const variant of variants) {
    const found = findProblems(variant, value, walk);
    if (found.length === 0) return NONE;
    attempts.push({ variant, found });
  }
  if (attempts.length === 0) return NONE;
  return nearest(attempts, value, walk) ?? [problem(alternatives(variants, walk), value)];
}

// Returns the problems of the one branch that the caller meant: the value has its kind and contradicts none of its
// constants. Of several such branches, takes one in which no property is missing and which has the fewest problems;
// undefined if two are equal.
function nearest(attempts: readonly Attempt[], value: unknown, walk: SchemaWalk): Problems | undefined {
  const meant = attempts.filter(({ variant, found }) => {
    const words = expectation(variant, walk);
    return !found.some((one) => one.path === '' && one.expected === words) && !contradicts(variant, value, walk);
  });
  const whole = meant.length === 1 ? meant : meant.filter(({ found }) => !found.some(isMissing));
  const [first, second] = whole.map(({ found }) => found).sort((a, b) => a.length - b.length);
  return first && first.length < (second?.length ?? Number.POSITIVE_INFINITY) ? first : undefined;
}

function contradicts(variant: unknown, value: unknown, walk: SchemaWalk): boolean {
  const schema = isJsonObject(variant) && variant.$ref ? resolveReference(variant.$ref, walk) : variant;
  if (!isJsonObject(schema) || !isJsonObject(schema.properties) || !isJsonObject(value)) return false;
  return Object.entries(schema.properties).some(([name, own]) => {
    const isConstant = isJsonObject(own) && ('const' in own || listOf(own.enum).length === 1);
    return isConstant && Object.hasOwn(value, name) && !fits(own, value[name], walk);
  });
}

function problem(expected: string, value: unknown): ArgumentProblem {
  return { path: '', expected, found: value === null ? 'null' : `${kindOf(value)} ${preview(value)}` };
}

// Writes a number in `found` as it was written, which only its holder knows.
function asWritten(one: ArgumentProblem, holder: object, key: string | number): ArgumentProblem {
  const isNumber = one.path === '' && sourceOf(holder, key) !== undefined;
  return isNumber ? { ...one, found: `number ${previewMember(holder, key)}` } : one;
}

// Puts the key before the paths of a child's problems. Paths are made on the way back: most calls have no problem and
// need none.
function within(holder: object, key: string | number, problems: Problems): Problems {
  if (problems.length === 0) return problems;
  const child = childPath('', key);
  return problems.map((one) => ({ ...asWritten(one, holder, key), path: `${child}${one.path}` }));
}
