import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../../src/core/json.ts';
import type { RequestRecord } from '../../../../../src/observe/request-log.ts';
import { callers, type RestApi, type RestRequest, startRestApi } from '../../../../helpers/gateway/rest-api.ts';

type Page = { readonly requests: readonly RequestRecord[]; readonly next?: string };

const THREE = callers({ alice: [], bob: [], boss: ['admin'] });

/** Makes calls of tools that no server has: they are remembered too. */
async function callInTurn(api: RestApi, ...calls: readonly (readonly [caller: string | undefined, tool: string])[]) {
  for (const [caller, tool] of calls) await api.json('/tools/call', { caller, json: { tool } }, 404);
}

/** Tools of the requests that are answered for a query, oldest first. */
async function toolsOf(api: RestApi, query: string, request?: RestRequest): Promise<string[]> {
  const { requests } = await api.json<Page & JsonObject>(`/requests${query}`, request);
  return requests.map(({ tool }) => tool).reverse();
}

test('a caller sees its own requests, an admin those of all [http.api-requests]', async () => {
  const api = await startRestApi({}, THREE);
  await callInTurn(api, ['alice', 'u::a'], ['bob', 'u::b']);
  const alice = { caller: 'alice' };
  const boss = { caller: 'boss' };
  expect(await toolsOf(api, '', alice)).toEqual(['u::a']);
  expect(await toolsOf(api, '?caller=alice', alice)).toEqual(['u::a']);
  expect((await api.json('/requests?caller=bob', alice, 403)).code).toBe('FORBIDDEN');
  expect(await toolsOf(api, '', boss)).toEqual(['u::a', 'u::b']);
  expect(await toolsOf(api, '?caller=bob', boss)).toEqual(['u::b']);
});

test('where nobody has to say who they are, all see all [http.api-requests]', async () => {
  for (const settings of [{}, { auth: { strategy: 'none' } }]) {
    const api = await startRestApi({}, settings);
    await callInTurn(api, [undefined, 'u::a']);
    expect(await toolsOf(api, '')).toEqual(['u::a']);
    expect(await toolsOf(api, '?caller=somebody')).toEqual([]);
  }
});

test('the request log is filtered by each field, and paged [http.api-requests]', async () => {
  const api = await startRestApi({}, THREE);
  await callInTurn(api, ['alice', 'u::a'], ['bob', 'v::a'], ['bob', 'u::b']);
  const find = (query: string) => toolsOf(api, query, { caller: 'boss' });
  expect(await find('?caller=bob')).toEqual(['v::a', 'u::b']);
  expect(await find('?tool=u%3A%3Aa')).toEqual(['u::a']);
  expect(await find('?caller=bob&tool=u%3A%3Ab')).toEqual(['u::b']);
  expect(await find('?outcome=TOOL_NOT_FOUND')).toHaveLength(3);
  expect(await find('?outcome=TIMEOUT')).toEqual([]);
  expect(await find('?limit=1')).toEqual(['u::b']);
  const { next } = await api.json<Page & JsonObject>('/requests?limit=1', { caller: 'boss' });
  expect(await find(`?limit=5&cursor=${next}`)).toEqual(['u::a', 'v::a']);
});

test('times are a date, a moment or epoch milliseconds; the first counts, the last does not [http.api-requests]', async () => {
  const api = await startRestApi();
  await callInTurn(api, [undefined, 'u::a']);
  const { requests } = await api.json<Page & JsonObject>('/requests');
  const { at = 0 } = requests[0] ?? {};
  const moment = new Date(at).toISOString();
  const tomorrow = new Date(at + 86_400_000).toISOString().slice(0, 10);
  for (const since of [at, moment, moment.slice(0, 10)])
    expect(await toolsOf(api, `?since=${since}`)).toEqual(['u::a']);
  for (const until of [at + 1, tomorrow]) expect(await toolsOf(api, `?until=${until}`)).toEqual(['u::a']);
  for (const query of [`since=${at + 1}`, `since=${tomorrow}`, `until=${at}`, `until=${moment}`])
    expect(await toolsOf(api, `?${query}`), query).toEqual([]);
});

test('metrics are JSON, or text for whoever accepts that [http.api-metrics]', async () => {
  const api = await startRestApi();
  const type = async (accept?: string) => {
    const response = await api.request('/metrics', { headers: accept === undefined ? {} : { accept } });
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
  const api = await startRestApi({}, { monitor: { requestLog: false, prometheus: false } });
  expect((await api.json('/metrics', {}, 404)).detail).toContain('monitor.prometheus');
  expect((await api.json('/requests', {}, 404)).detail).toContain('monitor.requestLog');
});
