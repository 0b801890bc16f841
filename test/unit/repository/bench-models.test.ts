import { expect, test } from 'vitest';
import { catalogFor, toolPool } from '../../bench/models/catalog.ts';
import { matches } from '../../bench/models/matches.mjs';
import { OWN_TASKS } from '../../bench/models/own-tasks.ts';
import { pairedDifference } from '../../bench/models/paired.ts';
import { score } from '../../bench/models/score.ts';
import { solution } from '../../bench/models/solution.ts';
import { containing, oneOf, step, task } from '../../bench/models/task.ts';
import { VENDOR_TOOLS } from '../../bench/models/vendors.ts';

const POOL = toolPool('no-such-folder');
const CREDIT = { invoice_id: 'inv_1', amount_cents: 500, reason: 'goodwill' };
const PAIR = task('pair', 'Do both.', {
  steps: [step('ledgerly::get_invoice', { invoice_id: 'inv_1' }, {}), step('ledgerly::create_credit_note', CREDIT)],
});
const READ = { id: 'ledgerly::get_invoice', args: { invoice_id: 'inv_1' } };
const WRITE = { id: 'ledgerly::create_credit_note', args: CREDIT };

test.each([
  ['all of it', [READ, WRITE], { right: true, tool: true, schema: true, values: true }],
  ['reading more than needed', [READ, READ, { id: 'parcelline::find_shipments', args: {} }, WRITE], { right: true }],
  ['a step left out', [WRITE], { right: false, tool: false, values: false }],
  [
    'a wrong value',
    [READ, { ...WRITE, args: { ...CREDIT, amount_cents: 5 } }],
    { tool: true, schema: true, values: false },
  ],
  ['the same change twice', [READ, WRITE, WRITE], { right: false, tool: true, values: false }],
  [
    'another change',
    [READ, WRITE, { id: 'ledgerly::void_invoice', args: { invoice_id: 'a', reason: 'b' } }],
    { right: false, tool: false },
  ],
  [
    'a change that its server refused, then the right one',
    [READ, { ...WRITE, args: {} }, WRITE],
    { right: true, schema: false, values: true },
  ],
])('%s is judged as such [models.score]', (_what, received, expected) => {
  expect(score(PAIR, VENDOR_TOOLS, { received, meant: received, text: 'Done.', ending: 'answered' })).toMatchObject(
    expected,
  );
});

test('what the model wrote is judged by the schema, even where it never reached a server [models.score]', () => {
  const meant = [READ, { ...WRITE, args: { ...CREDIT, amount_cents: '500' } }];
  const told = { received: [READ, WRITE], text: '', ending: 'answered' } as const;
  expect(score(PAIR, VENDOR_TOOLS, { ...told, meant })).toMatchObject({ right: true, schema: false, values: true });
  expect(score(PAIR, VENDOR_TOOLS, { ...told, meant, ending: 'turns' })).toMatchObject({ right: false });
});

test('a missing tool is to be reported, and an answer to have what was asked for [models.missing]', () => {
  const [missing, asking] = [
    task('a', 'Do it.', { missing: true, servers: ['ledgerly'] }),
    task('b', 'Say it.', { says: ['Hanover'] }),
  ];
  const judge = (what: typeof missing, text: string, received = [READ]) =>
    score(what, VENDOR_TOOLS, { received, meant: received, text, ending: 'answered' }).right;
  expect([judge(missing, 'NO TOOL for refunds'), judge(missing, 'Done.')]).toEqual([true, false]);
  expect(judge(missing, 'No tool for refunds', [WRITE])).toBe(false);
  expect([judge(asking, 'At the hanover hub.'), judge(asking, 'On its way.')]).toEqual([true, false]);
});

test('values are compared by their patterns [models.score]', () => {
  expect(matches({ a: containing('Nar') }, { a: 'the narrow', b: 1 })).toBe(true);
  expect([matches(oneOf(1, 2), 2), matches(oneOf(1, 2), '2'), matches(undefined, null)]).toEqual([true, false, false]);
  expect([matches({ $set: ['a', 'b'] }, ['B', 'a ']), matches({ $set: ['a', 'b'] }, ['a'])]).toEqual([true, false]);
  expect([matches(['a', { b: 1 }], ['a', { b: 1 }]), matches(['a'], ['a', 'b']), matches({ a: 1 }, 'a')]).toEqual([
    true,
    false,
    false,
  ]);
});

test.each(OWN_TASKS)('$id can be done, by calls that its tools take [models.catalog]', (one) => {
  const received = solution(one, VENDOR_TOOLS);
  const text = one.missing ? 'NO TOOL' : one.says.join(' ');
  const judged = score(one, VENDOR_TOOLS, { received, meant: received, text, ending: 'answered' });
  expect(judged).toMatchObject({ right: true, ...(!one.missing && { schema: true, values: true }) });
  expect(one.steps.length > 0).toBe(!one.missing);
});

test.each(OWN_TASKS)(
  '$id gives away no id but in its words or in results [models.catalog]',
  ({ prompt, steps, also }) => {
    const told = JSON.stringify([prompt, ...[...steps, ...also].map(({ gives }) => gives)]);
    const ids = JSON.stringify(steps.map(({ args }) => args)).match(/"[a-z]+_[0-9][0-9A-Z]*"/g) ?? [];
    expect(ids.filter((id) => !told.includes(id.slice(1, -1)))).toEqual([]);
  },
);

test('tasks of ours have names of their own, and some have no tool [models.missing]', () => {
  expect(new Set(OWN_TASKS.map(({ id }) => id)).size).toBe(OWN_TASKS.length);
  expect(OWN_TASKS.filter(({ missing }) => missing).map(({ id }) => id)).toEqual([
    'refund-card',
    'payslip',
    'insure',
    'delete-incident',
  ]);
});

test.each([50, 250, 4000])(
  'a catalog of %i tools has what its task needs, and is the same every time [models.catalog]',
  (size) => {
    for (const each of OWN_TASKS.slice(0, 6)) {
      const tools = catalogFor(each, size, POOL, 1);
      const ids = tools.map(({ id }) => id);
      expect([tools.length, new Set(ids).size]).toEqual([size, size]);
      expect(ids).toEqual(expect.arrayContaining(each.steps.flatMap((one) => one.tools)));
      expect(catalogFor(each, size, POOL, 1).map(({ id }) => id)).toEqual(ids);
      expect(catalogFor(each, size, POOL, 2).map(({ id }) => id)).not.toEqual(ids);
    }
  },
);

test('the interval of paired differences has their mean in it, and is nothing of nothing [models.paired]', () => {
  const { pairs, mean, low, high } = pairedDifference([1, 0, 0, 1, 0, 0, 0, 0]);
  expect([pairs, mean]).toEqual([8, 0.25]);
  expect([low, high]).toEqual([0, 0.625]);
  expect(pairedDifference([2, 2, 2])).toEqual({ pairs: 3, mean: 2, low: 2, high: 2 });
  expect(pairedDifference([]).mean).toBeNaN();
});
