import fc from 'fast-check';
import './seed.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';

/** Names that trip programs, beside any other text. */
export const oddKey = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', '', ' ', 'a.b', 'a::b', '$ref', 'toString', 'length', '0', '\u0000', 'ü'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

/** Texts that look like something else, beside any other. */
export const oddText = fc.oneof(
  fc.constantFrom('', 'null', 'true', '5', '-0', '1e999', '{"a":1}', '[1', '\u2028', '\ud800', 'x'.repeat(3_000)),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** Small, huge and negative numbers, as JSON has them. */
export const oddNumber = fc.oneof(
  fc.constantFrom(0, -1, 2 ** 31, 2 ** 53, -(2 ** 63), 5e-324, Number.MAX_VALUE),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Any JSON value, with odd keys, texts and numbers. */
export const json: fc.Arbitrary<unknown> = fc.anything({
  key: oddKey,
  values: [oddText, oddNumber, fc.boolean(), fc.constant(null)],
  maxDepth: 3,
  maxKeys: 4,
});

/** As `json`, and now and then hundreds of levels deep. */
export const deepJson = fc.oneof(
  { weight: 9, arbitrary: json },
  {
    weight: 1,
    arbitrary: fc.tuple(json, fc.nat(400), fc.boolean()).map(([core, levels, asArray]) => nest(core, levels, asArray)),
  },
);

function nest(core: unknown, levels: number, asArray: boolean): unknown {
  let value = core;
  for (let level = 0; level < levels; level++) value = asArray ? [value] : { a: value };
  return value;
}

/** One change at one place of a value, the place given as a share of all places. */
type Mutation = (value: unknown) => unknown;

const mutation = (other: fc.Arbitrary<unknown>): fc.Arbitrary<Mutation> =>
  fc
    .record({
      at: fc.nat(),
      other,
      key: oddKey,
      kind: fc.constantFrom('replace', 'add', 'rename', 'drop', 'text', 'wrap'),
    })
    .map(({ at, other, key, kind }) => {
      const change = (value: unknown): unknown => {
        if (kind === 'text') return JSON.stringify(value);
        if (kind === 'wrap') return [value];
        if (kind === 'replace' || !isJsonObject(value)) return other;
        const entries = Object.entries(value);
        const chosen = at % Math.max(entries.length, 1);
        if (kind === 'add') return Object.fromEntries([...entries, [key, other]]);
        if (kind === 'drop') return Object.fromEntries(entries.filter((_, index) => index !== chosen));
        return Object.fromEntries(entries.map(([name, field], index) => [index === chosen ? key : name, field]));
      };
      return (value) => changeAt(value, placesIn(value)[at % placesIn(value).length] ?? [], change);
    });

/** One of these values after up to three changes, anywhere in it; what is put in is any `other`. */
export function mutationsOf(
  values: readonly unknown[],
  other: fc.Arbitrary<unknown> = deepJson,
): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...values), fc.array(mutation(other), { maxLength: 3 }))
    .map(([value, mutations]) => mutations.reduce((changed, mutate) => mutate(changed), value));
}

type Place = readonly (string | number)[];

/** The paths of a value and of everything in it, as far as changes are wanted. */
function placesIn(value: unknown, path: Place = []): Place[] {
  if (value === null || typeof value !== 'object' || path.length > 5) return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...keys.flatMap((key) => placesIn((value as JsonObject)[key], [...path, key]))];
}

function changeAt(value: unknown, [key, ...rest]: Place, change: Mutation): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? changeAt(item, rest, change) : item));
  const entries = Object.entries(value as JsonObject);
  return Object.fromEntries(
    entries.map(([name, field]) => [name, name === key ? changeAt(field, rest, change) : field]),
  );
}
