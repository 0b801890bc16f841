import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkArguments } from '../../src/broker/arguments/check-arguments.ts';
import { mendArguments } from '../../src/broker/arguments/mend-arguments.ts';
import { anyCall, oracle, soundCall, validCall } from './schemas.ts';

// Without null: for an optional argument it is let through, since many servers take it for absent.
const oddValue = fc.constantFrom(
  true,
  5,
  -1.5,
  '5',
  'true',
  '["a"]',
  '{"p0":"1"}',
  'x',
  [],
  ['a'],
  [1],
  {},
  { p0: '1' },
);
const wrongCall = fc
  .tuple(validCall, fc.constantFrom('p0', 'p1', 'p2'), oddValue)
  .map(([{ schema, args }, name, value]) => ({ schema, args: { ...args, [name]: value } }));

test('valid arguments are left alone and accepted [args.untouched, args.lenient, properties.arguments]', () => {
  fc.assert(
    fc.property(validCall, ({ schema, args }) => {
      expect(oracle(schema, args)).toBe(true);
      expect(mendArguments(schema, args).args).toBe(args);
      expect(checkArguments(schema, args)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('a reference validator agrees on every wrong argument, mended or not [args.mend, args.problems, properties.arguments]', () => {
  let refused = 0;
  let mendedWell = 0;
  fc.assert(
    fc.property(wrongCall, ({ schema, args }) => {
      const isFine = checkArguments(schema, args).length === 0;
      expect(isFine).toBe(oracle(schema, args));
      const { args: after, mended } = mendArguments(schema, args);
      expect(checkArguments(schema, after).length === 0).toBe(oracle(schema, after));
      expect(mended.length > 0).toBe(after !== args);
      if (!isFine) refused += 1;
      if (mended.length > 0 && oracle(schema, after)) mendedWell += 1;
    }),
    { numRuns: 500 },
  );
  expect(refused).toBeGreaterThan(125);
  expect(mendedWell).toBeGreaterThan(25);
});

test('whatever the schema and the arguments are, nothing that a validator accepts is refused or changed [args.lenient, properties.arguments]', () => {
  fc.assert(
    fc.property(soundCall, ({ schema, args }) => {
      fc.pre(oracle(schema, args) === true);
      expect(checkArguments(schema, args)).toEqual([]);
      expect(mendArguments(schema, args).args).toBe(args);
    }),
    { numRuns: 1_000 },
  );
});

test('whatever they are, mending and checking change neither, and mending again finds nothing to mend [properties.arguments]', () => {
  fc.assert(
    fc.property(fc.oneof(anyCall, soundCall), ({ schema, args }) => {
      const before = structuredClone({ schema, args });
      const { args: after, mended } = mendArguments(schema, args);
      const problems = checkArguments(schema, after);
      for (const { path, expected, found } of problems) {
        expect(path).toMatch(/^args/);
        expect(expected).not.toBe('');
        expect(found).not.toBe('');
      }
      expect({ schema, args }).toEqual(before);
      expect(mended.length > 0).toBe(after !== args);
      // A schema that goes round in circles may ask for arrays in arrays without end: each mending comes one deeper.
      const mayGoOn = problems.length > 0 && JSON.stringify(schema).includes('"$ref"');
      if (!mayGoOn) expect(mendArguments(schema, after).mended).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});
