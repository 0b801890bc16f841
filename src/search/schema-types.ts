import { sourceOf } from '../core/exact-json.ts';
import { escaped } from '../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

/** Bounds of the part of a schema that is shown. */
export interface Detail {
  /** True if properties of object parameters are shown; deeper ones never are. */
  readonly nested: boolean;
  readonly enumChars: number;
  readonly defaults: boolean;
}

/** A root schema that is being rendered, with bounds of the work: schemas may be huge, cyclic or any other value. */
export interface Schemas {
  readonly root: unknown;
  readonly detail: Detail;
  /** First names of the objects seen so far, kept because schemas refer to a large definition many times. */
  readonly names: Map<JsonObject, readonly string[]>;
  /** Definitions that are being rendered now; a reference to one of them is a cycle. */
  readonly open: Set<unknown>;
  /** Number of schemas that may still be visited. */
  visitsLeft: number;
}

export interface Property {
  readonly name: string;
  readonly schema: unknown;
  readonly required: boolean;
}

const MAX_VISITS = 400;
const MAX_PROPERTIES = 60;
const MAX_VARIANTS = 8;
const MAX_LITERAL_CHARS = 20;
const MAX_ENUM_VALUE_CHARS = 48;
const MAX_NAME_CHARS = 64;
const MAX_POINTER_STEPS = 10;
/** True for a name that is shown as it is: of at most 64 letters, digits and a few signs, all of them visible. */
export function isPlainName(name: string): boolean {
  return /^[\p{L}\p{N}_$.@-]{1,64}$/u.test(name) && !holdsInvisible(name);
}

/** Prepares one rendering of a root schema; several renderings of the same root may share `names`. */
export function schemasOf(root: unknown, detail: Detail, names: Schemas['names']): Schemas {
  return { root, detail, names, open: new Set(), visitsLeft: MAX_VISITS };
}

/** Returns the properties of an object schema, of its `allOf` and of the schemas they refer to; required ones first. */
export function propertiesOf(schema: unknown, { root, names }: Pick<Schemas, 'root' | 'names'>): readonly Property[] {
  const parts = partsOf(schema, root);
  const objects = parts.map(({ properties }) => properties).filter(isJsonObject);
  const required = new Set(parts.flatMap((part) => listOf(part.required).slice(0, MAX_PROPERTIES).filter(isString)));
  // Callers must send a required name even if it has no property.
  const all = new Set([...required, ...objects.flatMap((properties) => firstNames(properties, names))]);
  return [...all].slice(0, MAX_PROPERTIES).map((name) => ({
    name,
    schema: objects.find((properties) => Object.hasOwn(properties, name))?.[name],
    required: required.has(name),
  }));
}

/** Returns the properties of a schema that is the root of its references; required ones first, at most 60. */
export function rootProperties(root: unknown): readonly Property[] {
  return propertiesOf(root, { root, names: new Map() });
}

function firstNames(properties: JsonObject, known: Schemas['names']): readonly string[] {
  const names = known.get(properties) ?? Object.keys(properties).slice(0, MAX_PROPERTIES);
  known.set(properties, names);
  return names;
}

/** Renders a parameter as `name: type` or `name?: type = default`. */
export function renderProperty({ name, schema, required }: Property, schemas: Schemas, depth = 1): string {
  const standard = schemas.detail.defaults && isJsonObject(schema) ? shortDefault(schema) : '';
  return `${labelOf(name)}${required ? '' : '?'}: ${renderType(schema, schemas, depth)}${standard}`;
}

/** Renders the name of a property, as a literal if it is not plain. */
export function labelOf(name: string): string {
  return isPlainName(name) ? name : literal(name, MAX_NAME_CHARS);
}

/** Renders the type of a schema as in TypeScript, but keeps `integer`; `any` for a schema without a type. */
export function renderType(schema: unknown, schemas: Schemas, depth = 0): string {
  if (schema === false) return 'never';
  if (!isJsonObject(schema)) return 'any';
  if (schemas.visitsLeft-- <= 0) return '…';
  if (schemas.open.has(schema)) return '…';
  schemas.open.add(schema);
  const type = withNull(schema, typeOf(schema, schemas, depth));
  schemas.open.delete(schema);
  return type;
}

function typeOf(schema: JsonObject, schemas: Schemas, depth: number): string {
  const { $ref, type, enum: values, anyOf, oneOf } = schema;
  if (typeof $ref === 'string') return renderReference($ref, schemas, depth);
  if ('const' in schema) return literalOf(schema, 'const');
  if (Array.isArray(values)) return renderEnum(values, schemas.detail.enumChars);
  const variants = [...listOf(anyOf), ...listOf(oneOf)];
  if (variants.length > 0 && !('properties' in schema))
    return union(variants, (one) => renderType(one, schemas, depth));
  if (Array.isArray(type)) return union(type, (one) => renderNamed(one, schema, schemas, depth));
  return renderNamed(type, schema, schemas, depth);
}

function renderNamed(type: unknown, schema: JsonObject, schemas: Schemas, depth: number): string {
  if (type === 'array' || (type === undefined && ('items' in schema || 'prefixItems' in schema))) {
    return renderArray(schema, schemas, depth);
  }
  const isObject =
    type === 'object' || (type === undefined && ('properties' in schema || 'additionalProperties' in schema));
  if (isObject) return renderObject(schema, schemas, depth);
  if (typeof type === 'string') return /^\w{1,20}$/.test(type) ? type : 'any';
  const [first] = listOf(schema.allOf);
  return first === undefined ? 'any' : renderAll(schema, first, schemas, depth);
}

function renderArray({ items, prefixItems }: JsonObject, schemas: Schemas, depth: number): string {
  const tuple = Array.isArray(prefixItems) ? prefixItems : items;
  if (Array.isArray(tuple)) return `[${some(tuple, (one) => renderType(one, schemas, depth)).join(', ')}]`;
  const item = renderType(items, schemas, depth);
  return /^[\w$.-]+(\[\])*$|^\{[^{}]*\}$/.test(item) ? `${item}[]` : `(${item})[]`;
}

function renderObject(schema: JsonObject, schemas: Schemas, depth: number): string {
  const properties = propertiesOf(schema, schemas);
  const { additionalProperties } = schema;
  if (properties.length === 0 && isJsonObject(additionalProperties) && depth <= 1) {
    return `{[key]: ${renderType(additionalProperties, schemas, depth + 1)}}`;
  }
  if (properties.length === 0 || depth > 1 || !schemas.detail.nested) return 'object';
  return `{${some(properties, (property) => renderProperty(property, schemas, depth + 1)).join(', ')}}`;
}

function renderAll(schema: JsonObject, first: unknown, schemas: Schemas, depth: number): string {
  if (propertiesOf(schema, schemas).length > 0) return renderObject(schema, schemas, depth);
  return renderType(first, schemas, depth);
}

function renderReference(pointer: string, schemas: Schemas, depth: number): string {
  const target = resolve(pointer, schemas.root);
  if (schemas.open.has(target)) return lastStep(pointer);
  return target === undefined ? 'any' : renderType(target, schemas, depth);
}

function renderEnum(values: readonly unknown[], maxChars: number): string {
  const shown: string[] = [];
  let used = 0;
  for (const index of values.keys()) {
    const text = literalOf(values, index, MAX_ENUM_VALUE_CHARS);
    used += text.length + 1;
    if (shown.length > 0 && used > maxChars) return [...shown, '…'].join('|');
    shown.push(text);
  }
  return shown.join('|') || 'never';
}

function union(variants: readonly unknown[], render: (one: unknown) => string): string {
  return [...new Set(some(variants, render))].join('|');
}

// Renders at most MAX_VARIANTS items of a list, the rest as an ellipsis.
function some<T>(list: readonly T[], render: (one: T) => string): string[] {
  const shown = list.slice(0, MAX_VARIANTS).map(render);
  return list.length > shown.length ? [...shown, '…'] : shown;
}

function withNull(schema: JsonObject, type: string): string {
  return schema.nullable === true && !/(^|\|)null$/.test(type) ? `${type}|null` : type;
}

// Returns a schema, the parts of its `allOf`, and the schemas that these refer to, one level deep.
function partsOf(schema: unknown, root: unknown): JsonObject[] {
  const own = [schema, ...(isJsonObject(schema) ? listOf(schema.allOf).slice(0, MAX_VARIANTS) : [])];
  const referred = own.map((part) => (isJsonObject(part) ? resolve(part.$ref, root) : undefined));
  return [...own, ...referred].filter(isJsonObject);
}

function resolve(pointer: unknown, root: unknown): unknown {
  if (typeof pointer !== 'string' || !pointer.startsWith('#')) return undefined;
  const steps = pointer
    .slice(0, 1000)
    .split('/')
    .slice(1, 1 + MAX_POINTER_STEPS);
  return steps.map(unescapeStep).reduce<unknown>(child, root);
}

function child(parent: unknown, step: string): unknown {
  if (parent === null || typeof parent !== 'object' || !Object.hasOwn(parent, step)) return undefined;
  return (parent as { [key: string]: unknown })[step]; // an array's index is a key like any other here
}

const unescapeStep = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~');
const lastStep = (pointer: string) => {
  const name = unescapeStep(pointer.split('/').at(-1) ?? '');
  return isPlainName(name) ? name : 'object';
};
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isString = (value: unknown) => typeof value === 'string';

function shortDefault(schema: JsonObject): string {
  if (schema.default === undefined || schema.default === null) return '';
  const text = literalOf(schema, 'default');
  return text.includes('…') ? '' : ` = ${text}`;
}

/** Renders a member as a literal, a number as it was written. */
function literalOf(holder: object, key: string | number, maxChars?: number): string {
  const source = sourceOf(holder, key);
  return source === undefined ? literal((holder as JsonObject)[key], maxChars) : cut(source, maxChars);
}

const cut = (text: string, maxChars = MAX_LITERAL_CHARS) =>
  text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;

function literal(value: unknown, maxChars = MAX_LITERAL_CHARS): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : '[…]';
  if (isJsonObject(value)) return Object.keys(value).length === 0 ? '{}' : '{…}';
  if (typeof value !== 'string') return cut(String(value), maxChars);
  const text = JSON.stringify(cut(value, maxChars));
  // A hidden character is shown by its code, so that the literal still is the exact value.
  return holdsInvisible(text) ? escaped(text) : text;
}

// Printable ASCII is told first: looking up classes of characters takes milliseconds, which a first search does not have.
const holdsInvisible = (text: string) => !/^[ -~]*$/.test(text) && escaped(text) !== text;
