import { isFiller } from '../../core/filler.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { fits } from './check-arguments.ts';
import { itemSchema, listOf, propertySchema, resolveReference, type SchemaWalk, step } from './schema-walk.ts';

/** Formats that name a syntax: no text of such a syntax is blank, or one of these words. */
const FORMATS = new Set([
  ...['date-time', 'date', 'time', 'duration', 'email', 'idn-email', 'uri', 'iri', 'url', 'uuid', 'ipv4', 'ipv6'],
  ...['hostname', 'idn-hostname'], // `none` would be one by its letters, and is no host
]);

/** What says nothing where a list, an object or a text is wanted. */
export function saysNothing(value: unknown): boolean {
  return value === false || value === 0 || isFiller(value);
}

/** The same of a text that would be the only item of a list: it is refused there as false and 0 are. */
export function saysNothingAsItem(value: unknown): boolean {
  return saysNothing(value) || (typeof value === 'string' && /^\s*(?:false|0)\s*$/i.test(value));
}

/** An empty object or list as text. */
const EMPTY = /^\s*(?:\{\s*\}|\[\s*\])\s*$/;

/** Whether an argument is to be left out: it says nothing, its schema does not take it, and the server can do without. */
export function isToBeLeftOut(schema: JsonObject, key: string, value: unknown, walk: SchemaWalk): boolean {
  const own = propertySchema(schema, key);
  const isNothing = isFiller(value) || (typeof value === 'string' && EMPTY.test(value));
  if (!isNothing || own === undefined || !isOptional(schema, key)) return false;
  return !takesFiller(own, value, walk) && !names(own, value, walk);
}

/** A required property with a default is how some generators say that the server fills it in. */
function isOptional(schema: JsonObject, key: string): boolean {
  const own = propertySchema(schema, key);
  if (isJsonObject(own) && 'default' in own) return true;
  return !listOf(schema.required).includes(key) && !(isJsonObject(own) && own.required === true);
}

/** Whether a schema takes a text that says nothing; where it has a format or pattern, that has to take it too. */
export function takesFiller(schema: unknown, value: string, walk: SchemaWalk): boolean {
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

/** A pattern in the words of another language is left to the server. */
function misses(pattern: string, text: string): boolean {
  try {
    return !new RegExp(pattern, 'u').test(text);
  } catch {
    return false;
  }
}

/** Whether a schema, or that of its items, names this very value, if in other letters: then it was meant. */
export function names(schema: unknown, value: unknown, walk: SchemaWalk): boolean {
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
