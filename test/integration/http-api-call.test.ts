import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { documented } from '../helpers/clients/open-api.ts';
import { callers, startRestApi } from '../helpers/gateway/rest-api.ts';
import { local } from '../helpers/servers/fixture.ts';

const call = (tool: string, args: JsonObject = {}, rest: JsonObject = {}) => ({
  json: { tool, arguments: args, ...rest },
});

test('the result of a tool is answered unchanged, an error of the tool too [http.api-call]', async () => {
  const api = await startRestApi({ u: local() });
  const answer = await api.request('/tools/call', call('u::structured', { city: 'Oslo' }));
  expect(await documented(api, 'post', '/tools/call', answer)).toEqual({
    content: [{ type: 'text', text: '{"city":"Oslo","celsius":21}' }],
    structuredContent: { city: 'Oslo', celsius: 21 },
    _meta: { 'fixture/source': 'station-7' },
  });
  const result = { content: [{ type: 'text', text: 'ä\u2028', annotations: { priority: 0.5 } }], odd: [null, 1e21] };
  expect(await api.json('/tools/call', call('u::answer', { result }))).toEqual(result);
  expect(await api.json('/tools/call', call('u::fail', { text: 'no luck' }))).toEqual({
    content: [{ type: 'text', text: 'no luck' }],
    isError: true,
  });
});

test('arguments arrive as they were sent, and may be left out [http.api-call]', async () => {
  const api = await startRestApi({ u: local({ sdk: 'raw', tools: ['echo'] }) });
  const echo = '{"tool":"u::echo","arguments":{"__proto__":{"x":1},"text":"t","constructor":null}}';
  const request = { method: 'POST', body: echo, headers: { 'content-type': 'application/json; charset=utf-8' } };
  const { content } = await api.json<{ content: { text: string }[] }>('/tools/call', request);
  expect(content[0]?.text).toBe('{"__proto__":{"x":1},"text":"t","constructor":null}');
  const bare = await api.json<{ content: { text: string }[] }>('/tools/call', { json: { tool: 'u::echo' } });
  expect(bare.content[0]?.text).toBe('{}');
});

test('a bare name is routed where it is unique, else the candidates are named [http.api-names]', async () => {
  const config = { first: local({ tools: ['echo', 'pid'] }), second: local({ tools: ['echo', 'cwd'] }) };
  const api = await startRestApi(config);
  const text = { content: [{ type: 'text', text: '{"text":"x"}' }] };
  expect(await api.json('/tools/call', call('pid'))).toMatchObject({ content: [{ type: 'text' }] });
  const answer = await api.request('/tools/call', call('echo'));
  expect(answer.status).toBe(409);
  expect(await documented(api, 'post', '/tools/call', answer)).toMatchObject({
    code: 'AMBIGUOUS_TOOL',
    candidates: ['first::echo', 'second::echo'],
    detail: expect.stringContaining('server'),
  });
  expect(await api.json('/tools/call', call('echo', { text: 'x' }, { server: 'second' }))).toEqual(text);
  expect(await api.json('/tools/call', call('second::echo', { text: 'x' }, { server: 'second' }))).toEqual(text);
  const elsewhere = await api.json('/tools/call', call('pid', {}, { server: 'second' }), 404);
  expect(elsewhere.detail).toContain('"second::pid"');
  expect((await api.json('/tools/call', call('first::echo', {}, { server: 'second' }), 404)).code).toBe(
    'TOOL_NOT_FOUND',
  );
});

test('an id is never a name: no server answers for another by what it calls its tools [http.api-ids]', async () => {
  const named = (...names: string[]) => names.map((name) => ({ name, inputSchema: { type: 'object' } }));
  const evil = local({ sdk: 'raw', tools: [], definitions: named('v::echo', 'gone::write', '::x', 'own', 'write') });
  const config = { evil, v: local({ tools: ['pid'] }), gone: local({ exitAtStart: true }) };
  const api = await startRestApi(config);
  const asked = { json: { tool: 'v::echo', arguments: { secret: 'mine' } } };
  for (const path of ['/tools/call', '/jobs']) {
    expect(await api.json(path, asked, 404)).toMatchObject({ code: 'TOOL_NOT_FOUND' });
    for (const tool of ['gone::write', '::x', 'v::', 'v::v::echo'])
      expect((await api.json(path, call(tool), 404)).code, tool).toBe('TOOL_NOT_FOUND');
    // Whether the name is that of the server that is down cannot be told.
    const undecided = await api.json(path, call('write'), 409);
    expect(undecided).toMatchObject({ code: 'AMBIGUOUS_TOOL', candidates: ['evil::write'] });
    expect(undecided.detail).toMatch(/"gone" is failing.* give the id, such as "evil::write"/);
  }
  const own = { content: [{ type: 'text', text: '{"n":1}' }] };
  expect(await api.json('/tools/call', call('evil::v::echo', { n: 1 }))).toEqual(own);
  expect(await api.json('/tools/call', call('v::echo', { n: 1 }, { server: 'evil' }))).toEqual(own);
  expect(await api.json('/tools/call', call('write', { n: 1 }, { server: 'evil' }))).toEqual(own);
  const { requests } = await api.json('/requests?outcome=AMBIGUOUS_TOOL');
  expect(requests).toMatchObject([{ tool: 'write' }, { tool: 'write' }]);
});

test('each way to fail has its status and its code [http.api-problems]', async () => {
  const api = await startRestApi({ u: local() });
  const failure = async (request: object, status: number) => {
    const answer = await api.request('/tools/call', request);
    expect(answer.status).toBe(status);
    return { answer, document: await documented(api, 'post', '/tools/call', answer) };
  };
  const refused = await failure(call('u::protocol_error', { code: -32050 }), 502);
  expect(refused.document).toMatchObject({
    code: 'UPSTREAM_ERROR',
    upstream: { code: -32050, message: expect.stringContaining('the fixture refuses') },
  });
  const late = await failure(call('u::hang', {}, { timeoutMs: 50 }), 504);
  expect(late.document).toMatchObject({ code: 'TIMEOUT', server: 'u', tool: 'hang' });
  const wrong = await failure(call('u::add', { a: 'x', b: 1 }), 400);
  expect(wrong.document).toMatchObject({ code: 'INVALID_ARGUMENTS', problems: [{ found: 'string "x"' }] });
  const lost = await failure(call('u::crash'), 503);
  expect(lost.document).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', sent: true });
  expect(Number(lost.answer.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a call that never reaches a tool is told to the request log with its code [http.api-refused]', async () => {
  const servers = { first: local({ tools: ['echo', 'add'] }), second: local({ tools: ['echo'] }) };
  const api = await startRestApi(servers, callers({ alice: [], boss: ['admin'] }));
  await api.json('/tools/call', { ...call('first::echo'), caller: 'boss' });
  await api.json('/tools/call', { ...call('nothing'), caller: 'boss' }, 404);
  await api.json('/tools/call', { ...call('echo'), caller: 'alice' }, 409);
  await api.json('/jobs', { ...call('add', { a: 1 }), caller: 'boss' }, 400);
  const { requests } = await api.json<{ requests: JsonObject[] }>('/requests', { caller: 'boss' });
  expect(requests.reverse().map(({ caller, tool, outcome }) => ({ caller, tool, outcome }))).toEqual([
    { caller: 'boss', tool: 'first::echo', outcome: 'ok' },
    { caller: 'boss', tool: 'nothing', outcome: 'TOOL_NOT_FOUND' },
    { caller: 'alice', tool: 'echo', outcome: 'AMBIGUOUS_TOOL' },
    { caller: 'boss', tool: 'first::add', outcome: 'INVALID_ARGUMENTS' },
  ]);
  const reached = await api.json('/requests?server=first&outcome=ok', { caller: 'boss' });
  expect(reached.requests).toMatchObject([{ tool: 'first::echo', server: 'first' }]);
  expect((await api.json('/requests?server=second', { caller: 'boss' })).requests).toEqual([]);
});
