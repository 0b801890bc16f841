import { clip } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { preview, previewMember } from './preview.ts';
import { listOf, resolveReference, type SchemaWalk, step } from './schema-walk.ts';

const UNKNOWN = 'another value';
const MAX_CHARS = 120;
const MAX_LIST_CHARS = 100;
const MAX_VARIANTS = 6;

/** JSON Schema's types in words. */
const TYPE_WORDS = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  null: 'null',
} as const;

/** Whether a `type` is one of JSON Schema's own. */
export function isTypeName(name: unknown): name is keyof typeof TYPE_WORDS {
  return typeof name === 'string' && Object.hasOwn(TYPE_WORDS, name);
}

/** What a schema asks for in words, at most 120 characters: `a whole number`, `one of "a", "b"`, `an array or null`. */
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

/** The branches of an `anyOf` or `oneOf` in words: `a string or an object with url`. */
export function alternatives(variants: readonly unknown[], walk: SchemaWalk): string {
  return clip(joined(variants.map((variant) => variantWords(variant, walk))), MAX_CHARS);
}

// Of several objects the required names tell them apart.
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

/** Words joined by commas, whole ones only, about `maxChars` of them. */
export function listed(words: readonly string[], maxChars = MAX_LIST_CHARS): string {
  let text = '';
  for (const word of words) {
    if (text.length + word.length > maxChars) return text ? `${text}, …` : clip(word, maxChars);
    text += text ? `, ${word}` : word;
  }
  return text;
}
