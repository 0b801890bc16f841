import { expect, test } from 'vitest';
import { parseJson } from '../../../../src/core/exact-json.ts';
import type { ToolDefinition } from '../../../../src/core/tool.ts';
import { definitionDiff } from '../../../../src/policy/trust/definition-diff.ts';
import { changedParts, fingerprintOf, listDigest, partNames } from '../../../../src/policy/trust/fingerprint.ts';
import {
  recordAfterAccepting,
  recordAfterListing,
  recordIn,
  recordJson,
  type TrustRecord,
  violationOf,
} from '../../../../src/policy/trust/trust-record.ts';
import { CHANGED, READ } from '../../../helpers/servers/changing-server.ts';

const schema = (text: string): ToolDefinition => JSON.parse(`{"name":"t","inputSchema":${text}}`);

test('the order of keys and of required names makes no other tool [trust.same]', () => {
  const one = schema(
    '{"type":"object","properties":{"a":{"type":"string","enum":["x","y"]},"b":{}},"required":["a","b"]}',
  );
  const same = schema(
    '{"required":["b","a"],"properties":{"b":{},"a":{"enum":["x","y"],"type":"string"}},"type":"object"}',
  );
  const other = schema(
    '{"type":"object","properties":{"a":{"type":"string","enum":["y","x"]},"b":{}},"required":["a","b"]}',
  );
  expect(fingerprintOf(same)).toBe(fingerprintOf(one));
  expect(fingerprintOf(other)).not.toBe(fingerprintOf(one));
});

const exact = (text: string) => parseJson(text) as ToolDefinition;
const withDefault = (number: string) => exact(`{"name":"t","inputSchema":{"properties":{"n":{"default":${number}}}}}`);

test.each([
  ['9007199254740993', '9007199254740992'],
  ['9007199254740993', '9007199254740995'],
  ['1e400', '1e401'],
  ['1e400', 'null'],
  ['0.1', '0.10000000000000000001'],
  ['-0', '0'],
  ['-0.0', '0'],
])('a number is what its text says: %s and %s make two tools [trust.numbers]', (one, other) => {
  expect(fingerprintOf(withDefault(one))).not.toBe(fingerprintOf(withDefault(other)));
  const [inList, otherList] = [one, other].map((n) => exact(`{"name":"t","inputSchema":{"enum":[${n}]}}`));
  expect(fingerprintOf(inList as ToolDefinition)).not.toBe(fingerprintOf(otherList as ToolDefinition));
  const [own, otherOwn] = [one, other].map((n) => exact(`{"name":"t","inputSchema":{},"cost":${n}}`));
  expect(fingerprintOf(own as ToolDefinition)).not.toBe(fingerprintOf(otherOwn as ToolDefinition));
  expect(definitionDiff(withDefault(one), withDefault(other)).map(({ place }) => place)).toEqual([
    'inputSchema.properties.n.default',
  ]);
});

test('a number in another notation is the same, and digests as it did before texts counted [trust.numbers]', () => {
  const plain = (number: number) =>
    fingerprintOf({ name: 't', inputSchema: { properties: { n: { default: number } } } });
  for (const text of ['1.50', '1.0', '1e2', '15E-1', '0.000000100', '1e21', '9007199254740992.0', '5e-324', '0e5'])
    expect(fingerprintOf(withDefault(text)), text).toBe(plain(Number(text)));
  expect(fingerprintOf(withDefault('9007199254740993.0'))).toBe(fingerprintOf(withDefault('9007199254740993')));
  expect(fingerprintOf(withDefault('90071992547409930e-1'))).toBe(fingerprintOf(withDefault('9007199254740993')));
});

test('a list of tools in which only such a number changes is another list [trust.numbers]', async () => {
  const [one, other] = ['9007199254740993', '9007199254740992'].map(withDefault) as [ToolDefinition, ToolDefinition];
  expect(await listDigest([one])).not.toBe(await listDigest([other]));
});

test('in _meta a number counts that is longer than any double, and may spell a text [trust.numbers]', () => {
  const meta = (number: string) => fingerprintOf(exact(`{"name":"t","inputSchema":{},"_meta":{"v":[${number}]}}`));
  expect(meta('1764498900123456789')).toBe(meta('1'));
  expect(meta('-1.7976931348623157e+308')).toBe(meta('1'));
  expect(meta('73103111461031113210110010199971141011102')).not.toBe(meta('1'));
  expect(meta('73103111461031113210110010199971141011102')).not.toBe(meta('73103111461031113210110010199971141011103'));
});

test('figures that nobody acts on make no other tool, all else is named [trust.same, trust.changed]', () => {
  const built = (build: unknown) => fingerprintOf({ ...READ, _meta: { build, tags: ['a', build] } });
  expect([built(8), built(true), built(null)]).toEqual([built(7), built(7), built(7)]);
  expect(built('8')).not.toBe(built(7));
  const parts = {
    title: 'x',
    description: 'x',
    inputSchema: {},
    outputSchema: {},
    annotations: { readOnlyHint: true },
  };
  for (const [part, value] of Object.entries(parts)) {
    expect(changedParts(fingerprintOf(READ), fingerprintOf({ ...READ, [part]: value }))).toEqual([part]);
  }
  expect(partNames(['title', 'description', 'inputSchema'])).toBe('title, description and input schema');
});

test('keys that objects inherit count like any other [trust.same]', () => {
  const own = schema('{"properties":{"__proto__":{"type":"string"},"constructor":{}}}');
  expect(fingerprintOf(own)).not.toBe(fingerprintOf(schema('{"properties":{"constructor":{}}}')));
  expect(fingerprintOf(own)).toBe(fingerprintOf(structuredCloneOf(own)));
});

const structuredCloneOf = (definition: ToolDefinition): ToolDefinition => JSON.parse(JSON.stringify(definition));

test('a definition too deep to be compared is never the same [trust.changed]', () => {
  const deep = schema(`${'{"items":'.repeat(20_000)}{}${'}'.repeat(20_000)}`);
  expect(fingerprintOf(deep)).not.toBe(fingerprintOf(deep));
});

const listing = (...tools: readonly ToolDefinition[]) => new Map(tools.map((tool) => [tool.name, fingerprintOf(tool)]));
const NEW: ToolDefinition = { name: 'new', inputSchema: { type: 'object' } };
const first = recordAfterListing(undefined, listing(READ), { isPinned: true, now: 1 });

test('what is seen first is trusted, later changes are not, and go when the tool is as before [trust.first-sight, trust.changed]', () => {
  expect(violationOf(first, 'read', fingerprintOf(READ), true)).toBeUndefined();
  const changed = recordAfterListing(first, listing(CHANGED), { isPinned: false, now: 2 });
  const again = recordAfterListing(changed, listing({ ...CHANGED, title: 'x' }), { isPinned: false, now: 3 });
  expect(violationOf(again, 'read', fingerprintOf(CHANGED), false)).toMatchObject({ kind: 'changed', since: 2 });
  const back = recordAfterListing(again, listing(READ), { isPinned: false, now: 4 });
  expect(back.untrusted.size).toBe(0);
  expect(violationOf(back, 'read', fingerprintOf(READ), false)).toBeUndefined();
});

test('a tool that was away is compared with what it was [trust.changed]', () => {
  const away = recordAfterListing(first, listing(), { isPinned: false, now: 2 });
  const back = recordAfterListing(away, listing(CHANGED), { isPinned: false, now: 3 });
  expect(violationOf(back, 'read', fingerprintOf(CHANGED), false)?.kind).toBe('changed');
});

test('a new tool is trusted unless the server is pinned [trust.new]', () => {
  const loose = recordAfterListing(first, listing(READ, NEW), { isPinned: false, now: 2 });
  expect(loose.trusted.get('new')?.since).toBe(2);
  const pinned = recordAfterListing(first, listing(READ, NEW), { isPinned: true, now: 2 });
  expect(violationOf(pinned, 'new', fingerprintOf(NEW), true)).toMatchObject({ kind: 'new', since: 2 });
  const trusted = recordAfterAccepting(pinned, listing(NEW), 3);
  expect(violationOf(trusted, 'new', fingerprintOf(NEW), true)).toBeUndefined();
  expect(trusted.trusted.get('read')).toEqual(first.trusted.get('read'));
});

test('a flood of new tools makes no trusted one forgotten [trust.first-sight]', () => {
  const flood = new Map(Array.from({ length: 70_000 }, (_, index) => [`t${index}`, 'x']));
  const flooded = recordAfterListing(first, flood, { isPinned: false, now: 2 });
  expect(flooded.trusted.size).toBe(60_000);
  expect(violationOf(flooded, 'read', fingerprintOf(CHANGED), false)?.kind).toBe('changed');
});

test('a record is read as it was written, and nothing else is one [trust.kept]', () => {
  const record: TrustRecord = {
    ...recordAfterListing(first, listing(CHANGED), { isPinned: false, now: 2 }),
    list: 'digest',
  };
  expect(recordIn(JSON.parse(JSON.stringify(recordJson(record))))).toEqual(record);
  const wrong = [{}, [], null, { trusted: [], untrusted: {} }, { trusted: [['a', 'b']], untrusted: [] }];
  expect(wrong.map(recordIn)).toEqual(wrong.map(() => undefined));
});
