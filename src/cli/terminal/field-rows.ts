import { sourceOf, writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type Detail, type Property, propertiesOf, renderType, schemasOf } from '../../search/schema-type.ts';

/** A property of a schema, those within objects under their path, as `call` takes it. */
export interface FieldRow {
  readonly name: string;
  readonly type: string;
  /** Of a property within an object: where the object is given. */
  readonly isRequired: boolean;
  /** Description, default and limits, on one line. */
  readonly about: string;
}

const DETAIL: Detail = { nested: false, enumChars: 120, defaults: false };
const MAX_DEPTH = 3;
const MAX_ROWS = 200;
const MAX_DEFAULT_CHARS = 60;

/** The properties of an object schema, required ones first, at most 200; none of any other schema. */
export function fieldRows(schema: unknown): readonly FieldRow[] {
  const rows: FieldRow[] = [];
  // One by one: a schema may refer to itself without end.
  for (const row of rowsWithin(schema, schema, '', 1)) if (rows.push(row) === MAX_ROWS) break;
  return rows;
}

function* rowsWithin(root: unknown, schema: unknown, prefix: string, depth: number): Generator<FieldRow> {
  for (const property of propertiesOf(schema, schemasOf(root, DETAIL, new Map()))) {
    const name = `${prefix}${property.name}`;
    const type = renderType(property.schema, schemasOf(root, DETAIL, new Map()));
    yield { name, type, isRequired: property.required, about: about(property) };
    if (depth < MAX_DEPTH) yield* within(root, property, name, depth + 1);
  }
}

/** Of an object its properties; of a list of objects those of one item. */
function* within(root: unknown, { schema }: Property, name: string, depth: number): Generator<FieldRow> {
  if (!isJsonObject(schema)) return;
  if (isJsonObject(schema.items)) yield* rowsWithin(root, schema.items, `${name}.0.`, depth);
  else yield* rowsWithin(root, schema, `${name}.`, depth);
}

function about({ schema }: Property): string {
  if (!isJsonObject(schema)) return '';
  const { description, default: standard } = schema;
  const written = sourceOf(schema, 'default') ?? writeJson(standard);
  const told = standard === undefined ? [] : [`default ${written.slice(0, MAX_DEFAULT_CHARS)}`];
  const limits = [...told, ...limitsOf(schema)].join(', ');
  const text = typeof description === 'string' ? description.replace(/\s+/g, ' ').trim() : '';
  return [text, limits && `(${limits})`].filter(Boolean).join(' ');
}

const LIMITS: Readonly<Record<string, string>> = {
  minimum: 'at least',
  exclusiveMinimum: 'more than',
  maximum: 'at most',
  exclusiveMaximum: 'less than',
  minLength: 'characters at least',
  maxLength: 'characters at most',
  minItems: 'items at least',
  maxItems: 'items at most',
  pattern: 'pattern',
  format: 'format',
};

function limitsOf(schema: JsonObject): string[] {
  return Object.entries(LIMITS).flatMap(([name, words]) => {
    const limit = schema[name];
    if (typeof limit !== 'number' && typeof limit !== 'string') return [];
    // What JSON Schema generators write for "any whole number".
    return Math.abs(Number(limit)) === Number.MAX_SAFE_INTEGER ? [] : [`${words} ${sourceOf(schema, name) ?? limit}`];
  });
}
