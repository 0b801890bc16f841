import { Validator } from '@cfworker/json-schema';
import fc from 'fast-check';
import type { JsonObject } from '../../src/core/json.ts';
import { json, oddKey } from './arbitraries.ts';

/** A schema, and the values that it accepts. */
interface Typed {
  readonly schema: JsonObject;
  readonly valid: fc.Arbitrary<unknown>;
}

/** A tool's schema with arguments for it. */
export interface Call {
  readonly schema: JsonObject;
  readonly args: JsonObject;
}

const WORDS = ['a', '5', 'true', 'null', '[1]', '{"a":1}', '', 'a, b', '-2.5', '007', '__proto__', 'ünï'];
const word = fc.constantFrom(...WORDS);

const scalar: fc.Arbitrary<Typed> = fc.constantFrom<Typed>(
  { schema: { type: 'string' }, valid: word },
  { schema: { type: 'integer', minimum: 0 }, valid: fc.nat(100) },
  { schema: { type: 'number' }, valid: fc.nat(100).map((eighths) => eighths / 8) },
  { schema: { type: 'boolean' }, valid: fc.boolean() },
  { schema: { enum: WORDS.slice(0, 4) }, valid: fc.constantFrom(...WORDS.slice(0, 4)) },
  { schema: { type: ['integer', 'null'] }, valid: fc.constantFrom(null, 3) },
  { schema: { type: 'string', maxLength: 9 }, valid: word },
);

function typed(depth: number): fc.Arbitrary<Typed> {
  if (depth === 0) return scalar;
  const inner = typed(depth - 1);
  const members = fc.array(inner, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    scalar,
    inner.map(arrayOf),
    members.map(objectOf),
    members.map(unionOf),
    inner.map(({ schema, valid }) => ({ schema: { allOf: [{}, schema] }, valid })),
  );
}

function arrayOf({ schema, valid }: Typed): Typed {
  return { schema: { type: 'array', items: schema }, valid: fc.array(valid, { maxLength: 2 }) };
}

function unionOf(variants: readonly Typed[]): Typed {
  return {
    schema: { anyOf: variants.map(({ schema }) => schema) },
    valid: fc.oneof(...variants.map(({ valid }) => valid)),
  };
}

/** The first of the properties is required. */
function objectOf(members: readonly Typed[]): Typed {
  const named = <T>(of: (member: Typed) => T) =>
    Object.fromEntries(members.map((member, index) => [`p${index}`, of(member)]));
  const schema = { type: 'object', properties: named(({ schema: own }) => own), required: ['p0'] };
  return {
    schema,
    valid: fc.record(
      named(({ valid }) => valid),
      { requiredKeys: ['p0'] },
    ),
  };
}

/** A schema as servers write them, with arguments that it accepts. */
export const validCall: fc.Arbitrary<Call> = fc
  .tuple(typed(2), typed(2), typed(1))
  .map(objectOf)
  .chain(({ schema, valid }) => valid.map((args) => ({ schema, args: args as JsonObject })));

const limit = fc.constantFrom(-1, 0, 1, 2, 2.5, 1e300);
const typeName = fc.constantFrom('string', 'integer', 'number', 'boolean', 'array', 'object', 'null');
const names = fc.constantFrom('a', 'b', '__proto__', 'constructor', '');
const text = fc.oneof(
  word,
  json.map((value) => JSON.stringify(value)),
);
const value = fc.oneof(text, fc.constantFrom(0, 1, 2, 2.5, true, null, [], {}, ['1'], { a: '1' }), json);

/** Schemas of a few keywords each, in any combination, whose leaves and references are these. */
function schemasWith(leaf: fc.Arbitrary<unknown>, reference: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => {
    const inner = tie('schema');
    const few = fc.array(inner, { maxLength: 3 });
    const own = (name: string, of: fc.Arbitrary<unknown>) => of.map((is) => ({ [name]: is }));
    const keyword = fc.oneof(
      own('type', fc.oneof(typeName, fc.array(typeName, { minLength: 1, maxLength: 3 }))),
      own('properties', fc.dictionary(names, inner, { maxKeys: 3 })),
      own('required', fc.array(names, { maxLength: 2 })),
      own('additionalProperties', inner),
      own('patternProperties', fc.dictionary(fc.constantFrom('^a', '.'), inner, { maxKeys: 1 })),
      own('items', inner),
      own('prefixItems', few),
      own('enum', fc.array(value, { minLength: 1, maxLength: 3 })),
      own('const', value),
      ...['anyOf', 'oneOf', 'allOf'].map((name) => own(name, few)),
      own('not', inner),
      own('$ref', reference),
      ...['minimum', 'maximum', 'exclusiveMaximum', 'multipleOf'].map((name) => own(name, limit)),
      ...['minLength', 'maxLength', 'minItems', 'maxItems'].map((name) => own(name, limit)),
      own('nullable', fc.boolean()),
      own('default', value),
    );
    const keywords = fc.array(keyword, { maxLength: 3 }).map((parts): unknown => Object.assign({}, ...parts));
    return { schema: fc.oneof({ maxDepth: 3 }, leaf, keywords, keywords, keywords) };
  });
  return schema;
}

function callsOf(schema: fc.Arbitrary<unknown>): fc.Arbitrary<Call> {
  // Read from JSON as on the wire: objects have their prototype.
  return fc
    .tuple(schema, schema, schema, fc.dictionary(names, value, { maxKeys: 4 }))
    .map(([a, b, more, args]) => ({
      schema: { ...(more as object), type: 'object', properties: { a, b }, $defs: { a: b } },
      args,
    }))
    .map((call) => JSON.parse(JSON.stringify(call)) as Call);
}

const aType = typeName.map((type) => ({ type }));

/** Sound schemas, cyclic ones included, with any arguments. */
export const soundCall = callsOf(
  schemasWith(fc.oneof(fc.boolean(), aType), fc.constantFrom('#', '#/properties/a', '#/$defs/a')),
);

const brokenCall = callsOf(
  schemasWith(
    fc.oneof(json, aType, fc.constant({ $id: 'https://example.org/other', type: 'string' })),
    fc.oneof(fc.constantFrom('#', '#/properties/a', '#/%', '#/properties/__proto__', 'https://example.org/'), oddKey),
  ),
);

const dialect = fc.oneof(
  fc.constantFrom(undefined, 'http://json-schema.org/draft-07/schema#', 'https://json-schema.org/draft/2020-12/schema'),
  json,
);

/** Schemas of any dialect of which parts are no schema at all, or point nowhere, with any arguments. */
export const anyCall = fc
  .tuple(brokenCall, dialect)
  .map(([{ schema, args }, $schema]): Call => ({ schema: { ...schema, $schema }, args }));

/** A JSON Schema library's word; undefined where it gives none. */
export function oracle(schema: JsonObject, args: JsonObject): boolean | undefined {
  try {
    // It writes into the schema it is given.
    return new Validator(structuredClone(schema), '2020-12').validate(args).valid;
  } catch {
    return undefined;
  }
}
