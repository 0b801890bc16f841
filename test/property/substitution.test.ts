// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Environment, substitute, substituteAll } from '../../src/config/substitute.ts';
import { json, oddKey } from './arbitraries.ts';

const piece = fc.oneof(
  fc.constantFrom('$', '{', '}', ':', '-', '\\', 'env', ':-', '${', '{env:', 'file', 'A', 'B_1', '\n', ' ', '$&', '$1'),
  fc.string({ unit: 'binary', maxLength: 2 }),
);
const name = fc.oneof(fc.constantFrom('A', 'B_1', 'env', 'file', '__proto__', 'constructor'), oddKey);
const placeholder = fc
  .tuple(fc.constantFrom(['${', '}'], ['${env:', '}'], ['{env:', '}'], ['${', ':-x}']), name)
  .map(([[before, after], of]) => `${before}${of}${after}`);
const text = fc
  .array(fc.oneof({ weight: 5, arbitrary: piece }, { weight: 1, arbitrary: placeholder }), { maxLength: 30 })
  .map((pieces) => pieces.join(''));
const environment: fc.Arbitrary<Environment> = fc.dictionary(name, fc.option(text, { nil: undefined }), {
  maxKeys: 4,
  noNullPrototype: true,
});

test('any text over any environment is filled in without an error, and names what was not set [properties.substitution]', () => {
  fc.assert(
    fc.property(text, environment, (written, env) => {
      const { text: filled, unset, missing } = substitute(written, env);
      expect(typeof filled).toBe('string');
      for (const absent of [...unset, ...missing]) {
        expect(written).toContain(absent);
        expect(Object.hasOwn(env, absent) && env[absent] !== undefined).toBe(false);
      }
    }),
    { numRuns: 3_000 },
  );
});

test('a text without a placeholder stays as it is [properties.substitution]', () => {
  const plain = text.map((written) => written.replaceAll('{', '('));
  fc.assert(
    fc.property(plain, environment, (written, env) => {
      expect(substitute(written, env)).toEqual({ text: written, unset: [], missing: [] });
    }),
    { numRuns: 1_000 },
  );
});

test('the value of a variable is taken as it is, whatever it looks like [properties.substitution]', () => {
  const forms = fc.constantFrom('${A}', '${env:A}', '{env:A}', '${A:-${B_1}}', '${NONE:-${A}}');
  fc.assert(
    fc.property(forms, text, text, (form, value, other) => {
      fc.pre(value !== '');
      expect(substitute(`<${form}>`, { A: value, B_1: other, AA: other }).text).toBe(`<${value}>`);
    }),
    { numRuns: 1_000 },
  );
});

test('a variable that is not set is named, also one of a name that every object has [properties.substitution]', () => {
  fc.assert(
    fc.property(fc.constantFrom('A', 'constructor', 'toString', '__proto__'), environment, (wanted, env) => {
      const value = Object.hasOwn(env, wanted) ? env[wanted] : undefined;
      const missing = value === undefined ? [wanted] : [];
      expect(substitute(`\${${wanted}}`, env)).toEqual({ text: value ?? '', unset: [], missing });
    }),
    { numRuns: 500 },
  );
});

test('long texts of any repeated pieces are filled in [properties.substitution]', () => {
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), (pieces) => {
      const unit = pieces.join('');
      fc.pre(unit !== '');
      const written = unit.repeat(Math.ceil(100_000 / unit.length));
      expect(substitute(`${'${A:-'}${written}`, {}).text).toBeTypeOf('string');
    }),
    { numRuns: 100 },
  );
});

test('whatever stands in a value, only its texts are filled in [properties.substitution]', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(substituteAll(value, (found) => found)).toEqual(value);
    }),
    { numRuns: 1_000 },
  );
});
