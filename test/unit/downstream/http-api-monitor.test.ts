import { expect, test } from 'vitest';
import type { RequestRecord } from '../../../src/observe/request-log.ts';
import { startEdge } from '../../helpers/edge.ts';

const record = (id: string, caller: string): RequestRecord => ({
  ...{ id, caller, at: 1, tool: 'u::echo', server: 'u', background: false },
  ...{ durationMs: 3, outcome: 'ok', argumentBytes: 2, resultBytes: 4 },
});
const RECORDS = [record('1', 'alice'), record('2', 'bob')];
const KEYS = { servers: [], auth: { strategy: 'api-key', apiKeys: ['0123456789'] } };
const ids = (answer: { requests?: unknown }) => (answer.requests as RequestRecord[]).map(({ id }) => id);

test('a caller sees its own requests, an admin those of all [http.api-requests]', async () => {
  const edge = await startEdge({ config: KEYS, records: RECORDS });
  expect(ids(await edge.json('/requests', { caller: 'alice' }))).toEqual(['1']);
  expect(ids(await edge.json('/requests?caller=alice', { caller: 'alice' }))).toEqual(['1']);
  const refused = await edge.json('/requests?caller=bob', { caller: 'alice' }, 403);
  expect(refused.code).toBe('FORBIDDEN');
  expect(ids(await edge.json('/requests', { caller: 'root', roles: ['admin'] }))).toEqual(['1', '2']);
  expect(ids(await edge.json('/requests?caller=bob', { caller: 'root', roles: ['admin'] }))).toEqual(['2']);
});

test('where nobody has to say who they are, all see all [http.api-requests]', async () => {
  for (const auth of [undefined, { strategy: 'none' }]) {
    const edge = await startEdge({ config: { servers: [], auth }, records: RECORDS });
    expect(ids(await edge.json('/requests', { caller: 'anonymous' }))).toEqual(['1', '2']);
  }
});

test('filters and paging reach the log, times as epoch milliseconds [http.api-requests]', async () => {
  const edge = await startEdge({ records: RECORDS });
  const filters = 'caller=bob&server=u&tool=u%3A%3Aecho&outcome=TIMEOUT';
  await edge.json(`/requests?${filters}&since=2026-11-20T08:00:00Z&until=1795161600001&limit=5&cursor=c`);
  await edge.json('/requests?since=2026-11-20');
  expect(edge.queries).toEqual([
    {
      ...{ caller: 'bob', server: 'u', tool: 'u::echo', outcome: 'TIMEOUT', limit: 5, cursor: 'c' },
      ...{ since: 1_795_161_600_000, until: 1_795_161_600_001 },
    },
    { caller: undefined, since: Date.UTC(2026, 10, 20), limit: 100 },
  ]);
});

test('metrics are JSON, or text for whoever accepts that [http.api-metrics]', async () => {
  const edge = await startEdge();
  const type = async (accept?: string) => {
    const response = await edge.request('/metrics', { headers: accept === undefined ? {} : { accept } });
    expect(response.headers.get('vary')).toContain('Accept');
    return [response.headers.get('content-type'), /^.*\bcalls\b|_calls_total\b/m.exec(await response.text()) !== null];
  };
  const json = ['application/json', true];
  const text = ['text/plain; version=0.0.4; charset=utf-8', true];
  expect(await type()).toEqual(json);
  expect(await type('*/*')).toEqual(json);
  expect(await type('application/json')).toEqual(json);
  expect(await type('text/plain')).toEqual(text);
  expect(
    await type('application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'),
  ).toEqual(text);
});

test('what is switched off is not there, and says by what [http.api-metrics, http.api-requests]', async () => {
  const edge = await startEdge({ config: { servers: [], monitor: { requestLog: false, prometheus: false } } });
  expect((await edge.json('/metrics', {}, 404)).detail).toContain('monitor.prometheus');
  expect((await edge.json('/requests', {}, 404)).detail).toContain('monitor.requestLog');
});
