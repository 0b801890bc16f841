import { Validator } from '@cfworker/json-schema';
import { expect, test } from 'vitest';
import { checkArguments } from '../../src/arguments/check-arguments.ts';
import { mendArguments } from '../../src/arguments/mend-arguments.ts';
import type { JsonObject } from '../../src/core/json.ts';

/** A schema, and a way to make values that it accepts. */
interface Generated {
  readonly schema: JsonObject;
  readonly valid: () => unknown;
}

type Random = (below: number) => number;

const CASES = 300;
const WORDS = ['a', '5', 'true', 'null', '[1]', '{"a":1}', '', 'a, b', '-2.5', '007', '__proto__', 'ünï'];
// Without null: for an optional argument it is let through, since many servers take it for absent.
const ODD_VALUES = [true, 5, -1.5, '5', 'true', '["a"]', '{"p0":"1"}', 'x', [], ['a'], [1], {}, { p0: '1' }];

/** mulberry32: the same numbers in every run. */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function generate(random: Random, depth: number): Generated {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const inner = () => generate(random, depth - 1);
  const word = () => pick(WORDS);
  const scalars: (() => Generated)[] = [
    () => ({ schema: { type: 'string' }, valid: word }),
    () => ({ schema: { type: 'integer', minimum: 0 }, valid: () => random(100) }),
    () => ({ schema: { type: 'number' }, valid: () => random(100) / 8 }),
    () => ({ schema: { type: 'boolean' }, valid: () => random(2) === 1 }),
    () => ({ schema: { enum: WORDS.slice(0, 4) }, valid: () => WORDS[random(4)] }),
    () => ({ schema: { type: ['integer', 'null'] }, valid: () => pick([null, 3]) }),
    () => ({ schema: { type: 'string', maxLength: 9 }, valid: word }),
  ];
  const containers: (() => Generated)[] = [
    () => arrayOf(inner(), random),
    () => objectOf([inner(), inner(), inner()], random),
    () => unionOf([inner(), inner()], random),
    () => {
      const { schema, valid } = inner();
      return { schema: { allOf: [{}, schema] }, valid };
    },
  ];
  return pick(depth > 0 ? [...scalars, ...containers, ...containers] : scalars)();
}

function arrayOf({ schema, valid }: Generated, random: Random): Generated {
  return { schema: { type: 'array', items: schema }, valid: () => Array.from({ length: random(3) }, valid) };
}

function unionOf(variants: readonly Generated[], random: Random): Generated {
  return {
    schema: { anyOf: variants.map(({ schema }) => schema) },
    valid: () => variants[random(variants.length)]?.valid(),
  };
}

function objectOf(members: readonly Generated[], random: Random): Generated {
  const properties = Object.fromEntries(members.map(({ schema }, index) => [`p${index}`, schema]));
  const valid = () =>
    Object.fromEntries(
      members.flatMap((member, index) => (index > 0 && random(2) ? [] : [[`p${index}`, member.valid()]])),
    );
  return { schema: { type: 'object', properties, required: ['p0'] }, valid };
}

function root(seed: number): { random: Random; schema: JsonObject; args: JsonObject } {
  const random = randomFrom(seed);
  const { schema, valid } = objectOf([generate(random, 3), generate(random, 3), generate(random, 2)], random);
  return { random, schema, args: valid() as JsonObject };
}

const seeds = Array.from({ length: CASES }, (_, index) => index + 1);
/** The library's word; it writes into the schema it is given. */
const reference = (schema: JsonObject) => new Validator(structuredClone(schema), '2020-12');

test('300 generated valid arguments are left alone and accepted [args.untouched, args.lenient]', () => {
  for (const seed of seeds) {
    const { schema, args } = root(seed);
    expect(reference(schema).validate(args).valid, `seed ${seed}`).toBe(true);
    expect(mendArguments(schema, args).args, `seed ${seed}`).toBe(args);
    expect(checkArguments(schema, args), `seed ${seed}`).toEqual([]);
  }
});

test('a reference validator agrees on every generated wrong argument, mended or not [args.mend, args.problems]', () => {
  let refused = 0;
  let mendedWell = 0;
  for (const seed of seeds) {
    const { random, schema, args } = root(seed);
    const wrong = { ...args, [`p${random(3)}`]: ODD_VALUES[random(ODD_VALUES.length)] };
    const validator = reference(schema);
    const before = checkArguments(schema, wrong);
    expect(before.length === 0, `seed ${seed}`).toBe(validator.validate(wrong).valid);
    const { args: after, mended } = mendArguments(schema, wrong);
    expect(checkArguments(schema, after).length === 0, `seed ${seed}`).toBe(validator.validate(after).valid);
    expect(mended.length > 0, `seed ${seed}`).toBe(after !== wrong);
    if (before.length > 0) refused += 1;
    if (mended.length > 0 && validator.validate(after).valid) mendedWell += 1;
  }
  expect(refused).toBeGreaterThan(CASES / 4);
  expect(mendedWell).toBeGreaterThan(CASES / 20);
});
