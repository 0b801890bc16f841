import { sourceOf } from '../../core/exact-json.ts';
import type { JsonObject } from '../../core/json.ts';

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

/** The limits of a schema that a value breaks, in words. */
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

// Code points by the standard, UTF-16 units to many servers: the count that the limit likes better.
function lengthNear(text: string, limit: number): number {
  return text.length > limit && text.length <= 2 * limit ? Math.max([...text].length, limit) : text.length;
}

// Of whole numbers beyond 2^53 several are one double.
function isExactly(value: number, limit: number): boolean {
  return value === limit && (Number.isSafeInteger(value) || !Number.isInteger(value));
}

// Fractions have no exact remainder, nor have numbers beyond 2^53; the server may judge them.
function isNoMultiple(value: number, divisor: number): boolean {
  return Number.isSafeInteger(value) && Number.isInteger(divisor) && divisor > 0 && value % divisor !== 0;
}
