import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { alternatives, expectation, isTypeName, listed } from './expectation.ts';
import { brokenLimits } from './limits.ts';
import { childPath, kindOf, preview } from './preview.ts';
import { itemSchema, listOf, propertySchema, resolveReference, type SchemaWalk, step } from './schema-walk.ts';

/** What is wrong with one argument, in words that a model can act on. */
export interface ArgumentProblem {
  /** `args.filter.limit`, `args.items[2]`. */
  readonly path: string;
  /** `a whole number`, `one of "a", "b"`, `required`, `no property of that name; known: …`. */
  readonly expected: string;
  /** Kind and clipped value: `string "5 apples"`; `nothing` for what is missing. */
  readonly found: string;
}

type Problems = readonly ArgumentProblem[];

const NONE: Problems = [];
const MAX_KNOWN_CHARS = 100;

/** Whether a schema accepts a value, as far as can be told. */
export function fits(schema: unknown, value: unknown, walk: SchemaWalk): boolean {
  return findProblems(schema, value, '', walk).length === 0;
}

/**
 * The causes for which a schema refuses a value, without the chain of their parents. It knows only keywords that mean the
 * same everywhere and of which leaving out any makes it more lenient: no `pattern` (every language has its own, and some
 * never end), `format`, `not`, `if`, `uniqueItems`, `unevaluated…`; of `oneOf`, several may match.
 */
export function findProblems(schema: unknown, value: unknown, path: string, walk: SchemaWalk): Problems {
  if (value === undefined) return NONE;
  if (schema === false) return [problem(path, 'nothing', value)];
  return step(schema, walk, NONE, (known) => {
    if (value === null && known.nullable === true) return NONE;
    if (known.$ref === undefined) return ownProblems(known, value, path, walk);
    const referred = findProblems(resolveReference(known.$ref, walk), value, path, walk);
    return walk.isReferenceAlone || referred.length > 0 ? referred : ownProblems(known, value, path, walk);
  });
}

function ownProblems(schema: JsonObject, value: unknown, path: string, walk: SchemaWalk): Problems {
  // Whatever else is wrong follows from the wrong type.
  if (isMismatch(schema, value)) return [problem(path, expectation(schema, walk), value)];
  return [
    ...brokenLimits(schema, value).map((limit) => problem(path, limit, value)),
    ...childProblems(schema, value, path, walk),
    ...listOf(schema.allOf).flatMap((part) => findProblems(part, value, path, walk)),
    ...unionProblems(listOf(schema.anyOf), value, path, walk),
    ...unionProblems(listOf(schema.oneOf), value, path, walk),
  ];
}

function isMismatch(schema: JsonObject, value: unknown): boolean {
  const { type, enum: values } = schema;
  if (type !== undefined && !hasType(value, type)) return true;
  if ('const' in schema && !isDeepStrictEqual(value, schema.const)) return true;
  return Array.isArray(values) && !values.some((one) => isDeepStrictEqual(value, one));
}

function hasType(value: unknown, type: unknown): boolean {
  const names: readonly unknown[] = Array.isArray(type) ? type : [type];
  return names.some((name) => {
    if (name === 'integer') return Number.isInteger(value);
    return name === kindOf(value) || !isTypeName(name);
  });
}

function childProblems(schema: JsonObject, value: unknown, path: string, walk: SchemaWalk): Problems {
  if (Array.isArray(value)) return itemProblems(schema, value, path, walk);
  return isJsonObject(value) ? propertyProblems(schema, value, path, walk) : NONE;
}

function itemProblems(schema: JsonObject, items: readonly unknown[], path: string, walk: SchemaWalk): Problems {
  if (schema.items === undefined && schema.prefixItems === undefined) return NONE;
  const found: ArgumentProblem[] = [];
  for (const [index, item] of items.entries()) {
    if (walk.stepsLeft <= 0) break;
    found.push(...findProblems(itemSchema(schema, index), item, childPath(path, index), walk));
  }
  return found;
}

function propertyProblems(schema: JsonObject, object: JsonObject, path: string, walk: SchemaWalk): Problems {
  const found = missing(schema, object, path);
  for (const key of Object.keys(object)) {
    if (walk.stepsLeft <= 0) break;
    const own = propertySchema(schema, key);
    if (own !== undefined) found.push(...findProblems(own, object[key], childPath(path, key), walk));
    else found.push(...additionalProblems(schema, key, object[key], path, walk));
  }
  return found;
}

// A required property with a default is how some generators say that the server fills it in.
function missing(schema: JsonObject, object: JsonObject, path: string): ArgumentProblem[] {
  return listOf(schema.required).flatMap((name) => {
    if (typeof name !== 'string' || (Object.hasOwn(object, name) && object[name] !== undefined)) return [];
    const own = propertySchema(schema, name);
    if (isJsonObject(own) && 'default' in own) return [];
    return [{ path: childPath(path, name), expected: 'required', found: 'nothing' }];
  });
}

function additionalProblems(schema: JsonObject, key: string, value: unknown, path: string, walk: SchemaWalk): Problems {
  const { additionalProperties, patternProperties, properties } = schema;
  if (additionalProperties === undefined || patternProperties !== undefined || value === undefined) return NONE;
  if (additionalProperties !== false) return findProblems(additionalProperties, value, childPath(path, key), walk);
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  return [
    problem(
      childPath(path, key),
      `no property of that name; known: ${listed(names, MAX_KNOWN_CHARS) || 'none'}`,
      value,
    ),
  ];
}

interface Attempt {
  readonly variant: unknown;
  readonly found: Problems;
}

function unionProblems(variants: readonly unknown[], value: unknown, path: string, walk: SchemaWalk): Problems {
  const attempts: Attempt[] = [];
  for (const variant of variants) {
    const found = findProblems(variant, value, path, walk);
    if (found.length === 0) return NONE;
    attempts.push({ variant, found });
  }
  if (attempts.length === 0) return NONE;
  return nearest(attempts, value, path, walk) ?? [problem(path, alternatives(variants, walk), value)];
}

// The one branch that was meant: the value is of its kind, no constant of it says otherwise, and it has the fewest problems.
function nearest(attempts: readonly Attempt[], value: unknown, path: string, walk: SchemaWalk): Problems | undefined {
  const meant = attempts.filter(({ variant, found }) => {
    const words = expectation(variant, walk);
    return !found.some((one) => one.path === path && one.expected === words) && !contradicts(variant, value, walk);
  });
  const [first, second] = meant.map(({ found }) => found).sort((a, b) => a.length - b.length);
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

function problem(path: string, expected: string, value: unknown): ArgumentProblem {
  return { path, expected, found: value === null ? 'null' : `${kindOf(value)} ${preview(value)}` };
}
