import { clip } from '../../core/errors.ts';
import { sourceOf } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { preview, previewMember } from './preview.ts';
import { listOf, resolveReference, type SchemaWalk, step } from './schema-walk.ts';

const UNKNOWN = 'another value';
const MAX_CHARS = 120;
const MAX_LIST_CHARS = 100;
const MAX_VARIANTS = 6;

/** The types of JSON Schema, in words. */
const TYPE_WORDS = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  null: 'null',
} as const;

/** True if a `type` is one of JSON Schema's own. */
export function isTypeName(name: unknown): name is keyof typeof TYPE_WORDS {
  return typeof name === 'string' && Object.hasOwn(TYPE_WORDS, name);
}

/** Says what a schema asks for, in at most 120 characters: `a whole number`, `one of "a", "b"`, `an array or null`. */
export function expectation(schema: unknown, walk: SchemaWalk): string {
  return clip(step(schema, walk, UNKNOWN, words(walk)), MAX_CHARS);
}

const words = (walk: SchemaWalk) => (schema: JsonObject) => {
  const { $ref, enum: values, type, properties } = schema;
  const variants = [...listOf(schema.anyOf), ...listOf(schema.oneOf)];
  if ($ref !== undefined) return expectation(resolveReference($ref, walk), walk);
  if ('const' in schema) return previewMember(schema, 'const');
  if (Array.isArray(values)) return oneOf(values);
  if (type !== undefined) return typeWords(Array.isArray(type) ? type : [type]);
  if (variants.length > 0) return alternatives(variants, walk);
  return isJsonObject(properties) ? TYPE_WORDS.object : UNKNOWN;
};

function oneOf(values: readonly unknown[]): string {
  if (values.length === 1) return previewMember(values, 0);
  return `one of ${listed(values.slice(0, MAX_CHARS).map((_, index) => previewMember(values, index)))}`;
}

function typeWords(types: readonly unknown[]): string {
  return joined(types.map((name) => (isTypeName(name) ? TYPE_WORDS[name] : preview(name))));
}

/** Says which branches an `anyOf` or `oneOf` has: `a string or an object with url`. */
export function alternatives(variants: readonly unknown[], walk: SchemaWalk): string {
  return clip(joined(variants.map((variant) => variantWords(variant, walk))), MAX_CHARS);
}

// Adds the required names to an object, since several objects differ by them.
function variantWords(variant: unknown, walk: SchemaWalk): string {
  const own = expectation(variant, walk);
  const schema = isJsonObject(variant) && variant.$ref ? resolveReference(variant.$ref, walk) : variant;
  const required = isJsonObject(schema) ? listOf(schema.required).filter((name) => typeof name === 'string') : [];
  const isObject = own === TYPE_WORDS.object || own === UNKNOWN;
  return isObject && required.length > 0 ? `${TYPE_WORDS.object} with ${listed(required)}` : own;
}

function joined(words: readonly string[]): string {
  const different = [...new Set(words)];
  const shown = different.slice(0, MAX_VARIANTS);
  return [...shown, ...(different.length > shown.length ? ['…'] : [])].join(' or ');
}

/** Joins words by commas, whole words only, up to about `maxChars` characters. */
function listed(words: readonly string[], maxChars = MAX_LIST_CHARS): string {
  let text = '';
  for (const word of words) {
    if (text.length + word.length > maxChars) return text ? `${text}, …` : clip(word, maxChars);
    text += text ? `, ${word}` : word;
  }
  return text;
}

/** One keyword that bounds a number, the length of a string or the number of items. */
interface Limit {
  readonly keyword: string;
  readonly isBroken: (value: number, limit: number) => boolean;
  /** `text`: the limit as it was written. */
  readonly words: (text: string, limit: number) => string;
}

const many = (text: string, count: number, unit: string) => `${text} ${unit}${count === 1 ? '' : 's'}`;

const NUMBER_LIMITS: readonly Limit[] = [
  { keyword: 'minimum', isBroken: (value, limit) => value < limit, words: (text) => `at least ${text}` },
  { keyword: 'maximum', isBroken: (value, limit) => value > limit, words: (text) => `at most ${text}` },
  {
    keyword: 'exclusiveMinimum',
    isBroken: (value, limit) => value < limit || isExactly(value, limit),
    words: (text) => `more than ${text}`,
  },
  {
    keyword: 'exclusiveMaximum',
    isBroken: (value, limit) => value > limit || isExactly(value, limit),
    words: (text) => `less than ${text}`,
  },
  { keyword: 'multipleOf', isBroken: isNoMultiple, words: (text) => `a multiple of ${text}` },
];

const lengthLimits = (min: string, max: string, unit: string): readonly Limit[] => [
  {
    keyword: min,
    isBroken: (length, limit) => length < limit,
    words: (text, limit) => `at least ${many(text, limit, unit)}`,
  },
  {
    keyword: max,
    isBroken: (length, limit) => length > limit,
    words: (text, limit) => `at most ${many(text, limit, unit)}`,
  },
];

const STRING_LIMITS = lengthLimits('minLength', 'maxLength', 'character');
const ARRAY_LIMITS = lengthLimits('minItems', 'maxItems', 'item');

/** Returns the limits of a schema that a value breaks, in words. */
export function brokenLimits(schema: JsonObject, value: unknown): readonly string[] {
  if (typeof value === 'number') return broken(NUMBER_LIMITS, schema, () => value);
  if (typeof value === 'string') return broken(STRING_LIMITS, schema, (limit) => lengthNear(value, limit));
  return Array.isArray(value) ? broken(ARRAY_LIMITS, schema, () => value.length) : [];
}

function broken(limits: readonly Limit[], schema: JsonObject, measure: (limit: number) => number): string[] {
  return limits.flatMap(({ keyword, isBroken, words }) => {
    const limit = schema[keyword];
    return typeof limit === 'number' && isBroken(measure(limit), limit)
      ? [words(sourceOf(schema, keyword) ?? String(limit), limit)]
      : [];
  });
}

// Returns the length of a text in code points, as the standard has it, or in UTF-16 units, as many servers have it: the
// one that keeps the limit.
function lengthNear(text: string, limit: number): number {
  return text.length > limit && text.length <= 2 * limit ? Math.max([...text].length, limit) : text.length;
}

// Several whole numbers beyond 2^53 are the same double, so they are not compared.
function isExactly(value: number, limit: number): boolean {
  return value === limit && (Number.isSafeInteger(value) || !Number.isInteger(value));
}

// Fractions and numbers beyond 2^53 have no exact remainder, so the server judges them.
function isNoMultiple(value: number, divisor: number): boolean {
  return Number.isSafeInteger(value) && Number.isInteger(divisor) && divisor > 0 && value % divisor !== 0;
}
