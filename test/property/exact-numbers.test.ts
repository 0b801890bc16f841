import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBeyondDoubles } from '../../src/broker/arguments/number-text.ts';
import { parseJson, parseMessage, writeJson } from '../../src/core/exact-json.ts';
import { oddKey, oddText } from './arbitraries.ts';

const digits = (min: number, max: number) =>
  fc.array(fc.constantFrom(...'0123456789'), { minLength: min, maxLength: max }).map((each) => each.join(''));
const whole = fc.oneof(
  fc.constant('0'),
  fc.tuple(fc.constantFrom(...'123456789'), digits(0, 30)).map((parts) => parts.join('')),
);
const exponent = fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-', 'E-'), digits(1, 4)).map((parts) => parts.join(''));
/** Every way in which JSON may write a number. */
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    whole,
    fc.option(
      digits(1, 30).map((each) => `.${each}`),
      { nil: '' },
    ),
    fc.option(exponent, { nil: '' }),
  )
  .map((parts) => parts.join(''));

/** A value in which a number stands as `{n: text}`. */
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    number.map((n) => `NUMBER ${n} `),
    oddText,
    fc.constantFrom(null, true, false, ', 1.0, ', '": 1e5 }', '\\'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(oddKey, tie('value'), { maxKeys: 4 }),
  ),
})).value;

const jsonOf = (model: unknown, space: string) =>
  JSON.stringify(model, undefined, space).replace(/"NUMBER ([-+.\deE]+) "/g, '$1');

test('whatever JSON it is, it is written with its numbers as they came [numbers.exact]', () => {
  fc.assert(
    fc.property(value, fc.constantFrom('', ' ', '\t', '\n'), (model, space) => {
      const text = jsonOf(model, space);
      // A number that stands alone has nothing beside which its text could be kept.
      fc.pre(typeof JSON.parse(text) !== 'number');
      for (const parse of [parseJson, parseMessage])
        if (parse === parseJson || !text.includes('"id"')) expect(writeJson(parse(text))).toBe(jsonOf(model, ''));
    }),
    { numRuns: 500 },
  );
});

test('to whoever reads them they are what JSON.parse makes of them, and no more is JSON than that takes [numbers.plain]', () => {
  const near = fc.oneof(
    value.map((model) => jsonOf(model, '')),
    fc
      .array(fc.constantFrom(...'{}[]:,"\\0129.eE+- \n', 'true', 'null', '1.0', '"a":', '1e400'), { maxLength: 12 })
      .map((parts) => parts.join('')),
  );
  const outcome = (parse: (text: string) => unknown, text: string) => {
    try {
      return JSON.stringify(parse(text));
    } catch {
      return 'no JSON';
    }
  };
  fc.assert(
    fc.property(near, (text) => {
      expect(outcome(parseJson, text)).toBe(outcome(JSON.parse, text));
      expect(outcome(parseMessage, text)).toBe(outcome(JSON.parse, text));
    }),
    { numRuns: 2_000 },
  );
});

test('a number in a text is beyond doubles when the double is another one [numbers.text]', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), number, (held, text) => {
      expect(isBeyondDoubles(String(held))).toBe(false);
      const isOther = !Number.isFinite(Number(text)) || !sameDecimal(text, String(Number(text)));
      expect(isBeyondDoubles(text)).toBe(isOther);
    }),
  );
});

/** By whole numbers of any size: both without their exponents, at the same scale. */
function sameDecimal(one: string, other: string): boolean {
  const [first, second] = [decimalOf(one), decimalOf(other)];
  if (first.value === 0n || second.value === 0n) return first.value === second.value;
  const least = Math.min(first.scale, second.scale);
  const [a, b] = [first, second].map(({ value, scale }) => value * 10n ** BigInt(scale - least));
  return a === b;
}

function decimalOf(text: string): { readonly value: bigint; readonly scale: number } {
  const [, mantissa = '', power = '0'] = /^([-\d.]+)(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const [integer = '', fraction = ''] = mantissa.split('.');
  return { value: BigInt(integer + fraction), scale: Number(power) - fraction.length };
}
