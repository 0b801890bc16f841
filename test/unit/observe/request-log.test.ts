import { expect, test } from 'vitest';
import { settingsSchema } from '../../../src/config/settings.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { RequestLog, type RequestLogOptions } from '../../../src/observe/request-log.ts';
import { callEach, callOf, contextOf, failing, giving, OK, observing } from '../../helpers/gateway/observed-calls.ts';

const HOUR_MS = 3_600_000;

/** A log, and a clock that the test sets. */
function logAt(options: Partial<RequestLogOptions> = {}) {
  const clock = { now: 1_000_000 };
  const all = { retentionMs: HOUR_MS, maxRecords: 100, keepArguments: false, ...options };
  const log = new RequestLog(all, () => clock.now);
  return { clock, log, policy: observing(log, () => clock.now) };
}

const toolsOf = (log: RequestLog, limit = 1_000) => log.query({ limit }).records.map(({ tool }) => tool);
const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => callOf('s', `t${from + index}`));
const refusal = new GatewayError('TOOL_NOT_FOUND', 'no such tool');

test('a call is remembered with who, what, when and how large [monitor.outcome, monitor.sizes]', async () => {
  const { log, clock, policy } = logAt();
  const args = { text: 'grüße "\n' };
  const result = { content: [{ type: 'text', text: 'ä' }] };
  await policy(giving(result))(callOf('s', 't', args, { background: true }), contextOf('me'));
  const [record] = log.query({ limit: 10 }).records;
  expect(record).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    at: clock.now,
    caller: 'me',
    tool: 's::t',
    server: 's',
    background: true,
    durationMs: expect.any(Number),
    outcome: 'ok',
    argumentBytes: Buffer.byteLength(JSON.stringify(args)),
    resultBytes: Buffer.byteLength(JSON.stringify(result)),
  });
  expect(record?.durationMs).toBeGreaterThanOrEqual(0);
});

test.each([
  ['ok', giving(OK)],
  ['ok', giving({ content: [], isError: false })],
  ['tool_error', giving({ content: [], isError: true })],
  ['TIMEOUT', failing(new GatewayError('TIMEOUT', 'too long'))],
  ['UPSTREAM_UNAVAILABLE', failing(new GatewayError('UPSTREAM_UNAVAILABLE', 'gone'))],
  ['INTERNAL', failing(new TypeError('a defect'))],
])('a call that ends as %s is remembered so [monitor.outcome]', async (outcome, next) => {
  const { log, policy } = logAt();
  await policy(next)(callOf('s', 't'), contextOf()).catch(() => undefined);
  expect(log.query({ limit: 10 }).records).toMatchObject([{ outcome }]);
});

test('a call that never reached a tool is remembered without a server [monitor.refused]', () => {
  const { log, clock } = logAt();
  log.refused({ id: 'me' }, 'nowhere::nothing', refusal);
  log.refused({ id: 'me' }, 'x'.repeat(100_000), refusal);
  const [long, short] = log.query({ limit: 10 }).records;
  expect(short).toMatchObject({ caller: 'me', tool: 'nowhere::nothing', outcome: 'TOOL_NOT_FOUND', at: clock.now });
  expect(short).not.toHaveProperty('server');
  expect(long?.tool.length).toBeLessThanOrEqual(200);
});

test('the oldest are forgotten beyond the number, through many rounds of the ring [monitor.retention]', async () => {
  const { log } = logAt({ maxRecords: 5 });
  for (const count of [3, 5, 6, 23]) {
    const { log: fresh, policy } = logAt({ maxRecords: 5 });
    await callEach(policy, numbered(count));
    const newest = Array.from({ length: Math.min(5, count) }, (_, back) => `s::t${count - 1 - back}`);
    expect(toolsOf(fresh)).toEqual(newest);
  }
  expect(toolsOf(log)).toEqual([]);
});

test('those older than the retention are forgotten [monitor.retention]', async () => {
  const { log, clock, policy } = logAt();
  await callEach(policy, numbered(3));
  // A minute more than half of it, since the age counts from the end of a call, and each took a moment.
  clock.now += HOUR_MS / 2 + 60_000;
  await callEach(policy, numbered(1, 3));
  clock.now += HOUR_MS / 2;
  expect(toolsOf(log)).toEqual(['s::t3']);
  clock.now += HOUR_MS;
  await callEach(policy, numbered(1, 4));
  expect(toolsOf(log)).toEqual(['s::t4']);
});

test('pages neither repeat nor miss a call while new ones come [monitor.paging]', async () => {
  const { log, policy } = logAt({ maxRecords: 1_000 });
  await callEach(policy, numbered(25));
  const seen: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = log.query({ limit: 10, ...(cursor !== undefined && { cursor }) });
    seen.push(...page.records.map(({ tool }) => tool));
    cursor = page.next;
    pages += 1;
    await callEach(policy, numbered(7, 100 * pages));
  } while (cursor !== undefined);
  expect(pages).toBe(3);
  expect(seen).toEqual(Array.from({ length: 25 }, (_, back) => `s::t${24 - back}`));
});

test('a page that was full but the last names no other, and one overtaken by the ring is empty [monitor.paging]', async () => {
  const { log, policy } = logAt({ maxRecords: 10 });
  await callEach(policy, numbered(10));
  expect(log.query({ limit: 10 }).next).toBeUndefined();
  const { next } = log.query({ limit: 5 });
  await callEach(policy, numbered(10, 10));
  expect(log.query({ limit: 5, cursor: next ?? 'absent' })).toEqual({ records: [] });
});

test('paging goes by what the filter lets through [monitor.paging, monitor.filters]', async () => {
  const { log, policy } = logAt();
  await callEach(
    policy,
    Array.from({ length: 20 }, (_, index) => callOf(index % 2 ? 'odd' : 'even', `t${index}`)),
  );
  const first = log.query({ limit: 6, server: 'odd' });
  const second = log.query({ limit: 6, server: 'odd', cursor: first.next ?? 'absent' });
  expect([...first.records, ...second.records].map(({ tool }) => tool)).toEqual(
    Array.from({ length: 10 }, (_, back) => `odd::t${19 - 2 * back}`),
  );
  expect(second.next).toBeUndefined();
});

test('a cursor of another log, or none at all, is refused [monitor.paging]', async () => {
  const [own, others] = [logAt(), logAt()];
  for (const { policy } of [own, others]) await callEach(policy, numbered(3));
  const { log } = own;
  const other = others.log;
  const { next = '' } = other.query({ limit: 1 });
  for (const cursor of [next, '', 'x', '%%%', Buffer.from('0.1').toString('base64url')]) {
    expect(() => log.query({ limit: 1, cursor })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENTS' }));
  }
});

test('filters narrow by caller, server, tool, outcome and time [monitor.filters]', async () => {
  const { log, clock, policy } = logAt();
  await policy(giving(OK))(callOf('a', 'x'), contextOf('me'));
  clock.now += 10;
  await policy(giving({ isError: true }))(callOf('b', 'x'), contextOf('you'));
  clock.now += 10;
  log.refused({ id: 'me' }, 'c::x', refusal);
  const found = (filter: object) => log.query({ limit: 10, ...filter }).records.map(({ tool }) => tool);
  expect(found({ caller: 'me' })).toEqual(['c::x', 'a::x']);
  expect(found({ server: 'b' })).toEqual(['b::x']);
  expect(found({ tool: 'a::x' })).toEqual(['a::x']);
  expect(found({ outcome: 'tool_error' })).toEqual(['b::x']);
  expect(found({ since: clock.now - 10 })).toEqual(['c::x', 'b::x']);
  expect(found({ until: clock.now - 10 })).toEqual(['a::x']);
  expect(found({ caller: 'me', outcome: 'TOOL_NOT_FOUND' })).toEqual(['c::x']);
  expect(found({ caller: 'nobody' })).toEqual([]);
});

test('a session is told from another one, but its id is not kept [monitor.secrets]', async () => {
  const { log, policy } = logAt();
  for (const session of ['one-session-id', 'two-session-id', 'one-session-id']) {
    await policy(giving(OK))(callOf('s', 't'), contextOf('me', session));
  }
  const [third, second, first] = log.query({ limit: 10 }).records.map(({ session }) => session);
  expect(first).toBe(third);
  expect(first).not.toBe(second);
  expect(JSON.stringify(log.query({ limit: 10 }))).not.toContain('session-id');
});

test('arguments are kept only where asked for, and nothing of results or messages ever [monitor.secrets]', async () => {
  for (const keepArguments of [false, true]) {
    const { log, policy } = logAt({ keepArguments });
    const args = { city: 'Oslo', apiKey: 'hunter2-key' };
    await policy(giving({ content: [{ type: 'text', text: 'hunter2-result' }] }))(callOf('s', 't', args), contextOf());
    const error = new GatewayError('UPSTREAM_ERROR', 'hunter2-message', { details: { token: 'hunter2-detail' } });
    await policy(failing(error))(callOf('s', 't', args), contextOf()).catch(() => undefined);
    log.refused({ id: 'me' }, 's::t', error);
    const { records } = log.query({ limit: 10 });
    expect(JSON.stringify(records)).not.toContain('hunter2');
    expect(records[1]?.arguments).toEqual(keepArguments ? { city: 'Oslo', apiKey: '[redacted]' } : undefined);
  }
});

test('the settings have their defaults, and refuse what is none [monitor.settings]', () => {
  expect(settingsSchema.parse({}).monitor).toEqual({
    requestLog: true,
    prometheus: true,
    toolMetrics: 'admin',
    retentionHours: 24,
    maxRecords: 10_000,
    arguments: false,
    healthSeconds: 60,
  });
  expect(settingsSchema.parse({ monitor: { healthSeconds: 0 } }).monitor.healthSeconds).toBe(0);
  for (const wrong of [{ healthSeconds: -1 }, { healthSeconds: 1e9 }, { maxRecords: 0 }, { arguments: 'yes' }]) {
    expect(settingsSchema.safeParse({ monitor: wrong }).success).toBe(false);
  }
});

test('a flood of one caller hides nothing of another, and pages go on without a gap [shares.log]', async () => {
  const { log, policy } = logAt({ maxRecords: 20 });
  const call = policy(giving(OK));
  await call(callOf('s', 'alice'), contextOf('alice'));
  for (let index = 0; index < 500; index++) await call(callOf('s', `m${index}`), contextOf('mallory'));
  expect(log.query({ limit: 100, caller: 'alice' }).records).toHaveLength(1);
  const pages: string[] = [];
  let cursor: string | undefined;
  do {
    const page = log.query({ limit: 7, ...(cursor !== undefined && { cursor }) });
    pages.push(...page.records.map(({ tool }) => tool));
    cursor = page.next;
  } while (cursor !== undefined);
  expect(pages).toEqual([...Array.from({ length: 19 }, (_, index) => `s::m${499 - index}`), 's::alice']);
});

test('durations are whole milliseconds, and long ids of callers stay apart [edge.shown]', async () => {
  const { log, policy } = logAt();
  const long = 'x'.repeat(250);
  for (const id of [`${long}1`, `${long}2`]) await policy(giving(OK))(callOf('s', 't'), contextOf(id));
  const { records } = log.query({ limit: 10, caller: `${long}2` });
  expect(records).toHaveLength(1);
  expect(Number.isInteger(records[0]?.durationMs)).toBe(true);
});
