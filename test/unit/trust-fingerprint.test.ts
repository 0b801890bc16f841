import { expect, test } from 'vitest';
import type { ToolDefinition } from '../../src/core/tool.ts';
import { differing, fingerprintOf, partNames } from '../../src/trust/fingerprint.ts';
import { accepted, doubtOf, noted, recordIn, recordJson, type TrustRecord } from '../../src/trust/trust-record.ts';
import { CHANGED, READ } from '../helpers/rug-pull.ts';

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
    expect(differing(fingerprintOf(READ), fingerprintOf({ ...READ, [part]: value }))).toEqual([part]);
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
const first = noted(undefined, listing(READ), { isPinned: true, now: 1 });

test('what is seen first is trusted, later changes are not, and go when the tool is as before [trust.first-sight, trust.changed]', () => {
  expect(doubtOf(first, 'read', fingerprintOf(READ), true)).toBeUndefined();
  const changed = noted(first, listing(CHANGED), { isPinned: false, now: 2 });
  const again = noted(changed, listing({ ...CHANGED, title: 'x' }), { isPinned: false, now: 3 });
  expect(doubtOf(again, 'read', fingerprintOf(CHANGED), false)).toMatchObject({ kind: 'changed', since: 2 });
  const back = noted(again, listing(READ), { isPinned: false, now: 4 });
  expect(back.untrusted.size).toBe(0);
  expect(doubtOf(back, 'read', fingerprintOf(READ), false)).toBeUndefined();
});

test('a tool that was away is compared with what it was [trust.changed]', () => {
  const away = noted(first, listing(), { isPinned: false, now: 2 });
  const back = noted(away, listing(CHANGED), { isPinned: false, now: 3 });
  expect(doubtOf(back, 'read', fingerprintOf(CHANGED), false)?.kind).toBe('changed');
});

test('a new tool is trusted unless the server is pinned [trust.new]', () => {
  const loose = noted(first, listing(READ, NEW), { isPinned: false, now: 2 });
  expect(loose.trusted.get('new')?.since).toBe(2);
  const pinned = noted(first, listing(READ, NEW), { isPinned: true, now: 2 });
  expect(doubtOf(pinned, 'new', fingerprintOf(NEW), true)).toMatchObject({ kind: 'new', since: 2 });
  const trusted = accepted(pinned, listing(NEW), 3);
  expect(doubtOf(trusted, 'new', fingerprintOf(NEW), true)).toBeUndefined();
  expect(trusted.trusted.get('read')).toEqual(first.trusted.get('read'));
});

test('a flood of new tools makes no trusted one forgotten [trust.first-sight]', () => {
  const flood = new Map(Array.from({ length: 70_000 }, (_, index) => [`t${index}`, 'x']));
  const flooded = noted(first, flood, { isPinned: false, now: 2 });
  expect(flooded.trusted.size).toBe(60_000);
  expect(doubtOf(flooded, 'read', fingerprintOf(CHANGED), false)?.kind).toBe('changed');
});

test('a record is read as it was written, and nothing else is one [trust.kept]', () => {
  const record: TrustRecord = { ...noted(first, listing(CHANGED), { isPinned: false, now: 2 }), list: 'digest' };
  expect(recordIn(JSON.parse(JSON.stringify(recordJson(record))))).toEqual(record);
  const wrong = [{}, [], null, { trusted: [], untrusted: {} }, { trusted: [['a', 'b']], untrusted: [] }];
  expect(wrong.map(recordIn)).toEqual(wrong.map(() => undefined));
});
