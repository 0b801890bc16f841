import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPermissions, type PermissionRule } from '../../src/config/permissions.ts';
import { matchesGlob } from '../../src/core/glob.ts';
import type { ToolEntry } from '../../src/core/tool.ts';
import { verdictOn } from '../../src/policy/permissions/permissions.ts';
import './seed.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '😀'), maxLength: 12 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?', '😀'), maxLength: 8 });

/** The same by regular expressions of the engine. */
function byRegExp(glob: string, text: string): boolean {
  const source = [...glob].map((each) => (each === '*' ? '.*' : each === '?' ? '.' : each === '.' ? '\\.' : each));
  return new RegExp(`^${source.join('')}$`, 'su').test(text);
}

test('a pattern fits what the same regular expression fits [permissions.glob]', () => {
  fc.assert(fc.property(pattern, letters, (glob, text) => matchesGlob(glob, text) === byRegExp(glob, text)));
});

test('a pattern fits itself where it has no sign, and `*` fits all [permissions.glob]', () => {
  fc.assert(
    fc.property(
      fc.string(),
      (text) => matchesGlob(text.replace(/[*?]/g, ''), text.replace(/[*?]/g, '')) && matchesGlob('*', text),
    ),
  );
});

test('no pattern takes long [permissions.glob]', () => {
  expect(matchesGlob(`${'*a'.repeat(500)}b`, 'a'.repeat(2_000))).toBe(false);
});

const NAMES = ['read', 'write', 'drop'];
const SERVERS = ['a', 'b'];
const action = fc.constantFrom('allow', 'ask', 'deny');
const rule = fc.record(
  {
    server: fc.constantFrom(...SERVERS, '*'),
    tool: fc.constantFrom(...NAMES, '*', ['read', 'write']),
    tags: fc.constantFrom(['x'], ['y', 'x']),
    readOnlyHint: fc.boolean(),
    destructiveHint: fc.boolean(),
    action,
  },
  { requiredKeys: ['action'] },
) as fc.Arbitrary<PermissionRule>;
const tool = fc
  .record({
    server: fc.constantFrom(...SERVERS),
    name: fc.constantFrom(...NAMES),
    tags: fc.subarray(['x', 'y']),
    annotations: fc.record({ readOnlyHint: fc.boolean(), destructiveHint: fc.boolean() }, { requiredKeys: [] }),
  })
  .map(
    ({ server, name, tags, annotations }): ToolEntry => ({
      ...{ id: `${server}::${name}`, server, tags },
      definition: { name, inputSchema: {}, annotations },
    }),
  );

const STRICTNESS = { allow: 0, ask: 1, deny: 2 };

test('the first rule that fits decides, whatever comes after it [permissions.order]', () => {
  fc.assert(
    fc.property(fc.array(rule), tool, (rules, entry) => {
      const alone = rules.map((each) => verdictOn(entry, [each]).rule === 0);
      const first = alone.indexOf(true);
      const expected = first < 0 ? { action: 'allow' } : { action: rules[first]?.action, rule: first };
      expect(verdictOn(entry, rules)).toEqual(expected);
    }),
  );
});

/** What people get wrong in a rule. */
const wrong = fc.constantFrom(
  ...[
    { tol: 'read' },
    { tool: 5 },
    { tool: 'a::read' },
    { server: [] },
    { tags: 'x' },
    { readOnlyHint: 'yes' },
    { id: 'x' },
  ],
);

test('a rule with a mistake never lets through what it would have stopped without it [permissions.broken]', () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 4 }), fc.nat(3), wrong, tool, (rules, index, mistake, entry) => {
      fc.pre(index < rules.length);
      const broken = rules.map((each, at) => (at === index ? { ...each, ...mistake } : each));
      const told: string[] = [];
      const checked = checkPermissions(broken, (_, path, text) => told.push(`${path.join('.')}: ${text}`));
      expect(told.length).toBeGreaterThan(0);
      const [meant, got] = [rules, checked].map((each) => STRICTNESS[verdictOn(entry, each).action]) as [
        number,
        number,
      ];
      const isAllow = rules[index]?.action === 'allow';
      // A rule that allows is left out: what follows decides.
      const without = STRICTNESS[verdictOn(entry, rules.toSpliced(index, 1)).action];
      expect(got).toBeGreaterThanOrEqual(isAllow ? without : meant);
    }),
  );
});

test('whatever is written for rules is read, and what is no list denies all [permissions.broken]', () => {
  fc.assert(
    fc.property(fc.jsonValue(), tool, (value, entry) => {
      const rules = checkPermissions(value, () => {});
      if (!Array.isArray(value)) expect(verdictOn(entry, rules).action).toBe('deny');
    }),
  );
});
