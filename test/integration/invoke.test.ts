import { expect, test } from 'vitest';
import { blocks, errorOf, textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

test.each(['v1', 'v2', 'raw'] as const)('%s: the result is the upstream’s own [invoke.result]', async (sdk) => {
  const gateway = await startGateway({ config: { u: local() }, sdk });
  expect(await gateway.invoke('u::structured', { city: 'Oslo' })).toMatchObject({
    structuredContent: { city: 'Oslo', celsius: 21 },
    _meta: { 'fixture/source': 'station-7' },
  });
  const image = await gateway.invoke('u::image');
  expect(image).toMatchObject({ _meta: { 'fixture/result': true } });
  expect(blocks(image)).toMatchObject([
    { type: 'image', mimeType: 'image/png', annotations: { audience: ['user'], priority: 0.9 } },
    { type: 'audio', mimeType: 'audio/wav' },
    { type: 'resource_link', uri: 'fixture://linked', name: 'linked' },
    { type: 'resource', resource: { text: 'embedded' } },
    { type: 'text', text: 'caption', _meta: { 'fixture/block': 5 } },
  ]);
  expect(await gateway.invoke('u::fail', { text: 'no luck' })).toMatchObject({
    isError: true,
    content: [{ type: 'text', text: 'no luck' }],
  });
});

test('args may be absent or a JSON string [invoke.json-args]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  expect(textOf(await gateway.call('invoke', { id: 'u::add', args: '{"a": 1, "b": 2}' }))).toBe('3');
  expect(textOf(await gateway.call('invoke', { id: 'u::echo' }))).toBe('{}');
  expect(errorOf(await gateway.call('invoke', { id: 'u::echo', args: '{"a": ' }))).toMatch(/args.*JSON/);
});

test('args arrive as they were sent [invoke.result]', async () => {
  const gateway = await startGateway({ config: { u: local() }, sdk: 'raw' });
  const odd = '{"__proto__":{"x":1},"constructor":2,"ключ":"\u2028🙂","big":12345678901234,"nested":{"deep":[[null]]}}';
  gateway.process.peer.send(
    `{"jsonrpc":"2.0","id":"odd","method":"tools/call","params":{"name":"invoke","arguments":{"id":"u::echo","args":${odd}}}}`,
  );
  const { result } = await gateway.process.peer.waitFor(({ id }) => id === 'odd');
  expect(textOf(result ?? {})).toContain('"nested":{"deep":[[null]]}');
  expect(textOf(result ?? {})).toContain('🙂');
});

test('an unknown tool is a failure that names the nearest, an unknown server one that says so [invoke.unknown, invoke.unknown-server]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const unknown = errorOf(await gateway.invoke('u::ad'));
  expect(unknown).toContain('u::add');
  expect(unknown).not.toContain('no server');
  for (const id of ['nowhere::add', 'nowhere::nosuch', 'U::add', '::add', 'nowhere::u::add']) {
    const server = id.split('::')[0];
    expect(errorOf(await gateway.invoke(id))).toMatch(new RegExp(`^no tool "${id}"; there is no server "${server}"; `));
  }
  expect(errorOf(await gateway.invoke('add'))).toMatch(/^no tool "add"; did you mean "u::add"/);
  expect(textOf(await gateway.call('describe', { id: 'nowhere::add' }))).toContain('there is no server "nowhere"');
});

test('a tool of a server that is switched off is told so, at every entrance [invoke.disabled]', async () => {
  const off = local({}, { enabled: false });
  const gateway = await startGateway({ config: { u: local(), off, 'my own': off } });
  const told = 'server "off" is disabled; to switch it on, have the user run: mcp-gateway enable off';
  for (const tool of ['invoke', 'invoke_async', 'describe'])
    expect(textOf(await gateway.call(tool, { id: 'off::add' })), tool).toBe(`no tool "off::add"; ${told}`);
  expect(errorOf(await gateway.invoke('my own::add'))).toContain("mcp-gateway enable 'my own'");
  expect((await gateway.search('add', { filters: { server: 'off' } })).hint).toBe(told);
  const hint = `there is no server "nosuch"\n${told}`;
  expect((await gateway.search('add', { filters: { server: ['nosuch', 'off'] } })).hint).toBe(hint);
});

test('a deadline ends the call and reaches the upstream [invoke.deadline]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }) } });
  await gateway.knows('u::sleep');
  const text = errorOf(await gateway.invoke('u::sleep', { ms: 60_000 }, { rest: { timeoutMs: 300 } }));
  expect(text).toMatch(/\bu\b.*\bsleep\b.*\b300 ms/);
  await waitUntil(() => events('cancelled').find(({ tool }) => tool === 'sleep'));
});

test('the deadline of the entry is the default of its server [invoke.deadline]', async () => {
  const gateway = await startGateway({ config: { u: local({}, { timeoutMs: 300 }) } });
  await gateway.knows('u::hang');
  expect(errorOf(await gateway.invoke('u::hang'))).toMatch(/\b300 ms/);
});

test.each(['v1', 'v2', 'v2-modern', 'raw'] as const)(
  '%s: a cancellation reaches the upstream [invoke.cancel]',
  async (sdk) => {
    const { file, events } = journal();
    const gateway = await startGateway({ config: { u: local({ journal: file }) }, sdk });
    const controller = new AbortController();
    const call = gateway.invoke('u::sleep', { ms: 60_000 }, { signal: controller.signal });
    call.catch(() => {});
    await waitUntil(() => events('call').length === 1);
    controller.abort('the user changed their mind');
    await waitUntil(() => events('cancelled').length === 1);
    expect(textOf(await gateway.invoke('u::echo', { still: 'here' }))).toBe('{"still":"here"}');
  },
);

test.each(['v1', 'v2', 'raw'] as const)(
  'progress of a %s server comes in order, before the result [invoke.progress]',
  async (sdk) => {
    const gateway = await startGateway({ config: { u: local({ sdk }) }, sdk: 'raw' });
    for (const tool of ['u::progress', 'u::burst']) {
      const { messages } = gateway.process.peer;
      const from = messages.length;
      await gateway.invoke(tool, { steps: 3 }, { onProgress: () => {} });
      const seen = messages.slice(from).map(({ method, params }) => (method ? params?.message : 'result'));
      expect(seen).toEqual(['step 1 of 3', 'step 2 of 3', 'step 3 of 3', 'result']);
    }
  },
);

test('nothing is sent without a token [invoke.progress]', async () => {
  const gateway = await startGateway({ config: { u: local() }, sdk: 'raw' });
  await gateway.invoke('u::progress', { steps: 2 });
  expect(gateway.process.peer.messages.filter(({ method }) => method === 'notifications/progress')).toEqual([]);
});

test('the caller’s own _meta reaches the upstream, its token does not [invoke.progress]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }) }, sdk: 'raw' });
  const options = { meta: { 'client/trace': 't-1' }, onProgress: () => {} };
  await gateway.invoke('u::echo', {}, options);
  const meta = events('call')[0]?.meta as Record<string, unknown>;
  expect(meta).toMatchObject({ 'client/trace': 't-1' });
  expect(meta.progressToken).not.toBe('progress of invoke');
});

test('invoke on a connecting server waits within its deadline [invoke.connecting]', async () => {
  const gateway = await startGateway({
    config: { u: local({ initDelayMs: 600 }), never: local({ neverInitialize: true }) },
  });
  expect(textOf(await gateway.invoke('u::add', { a: 1, b: 1 }))).toBe('2');
  expect(errorOf(await gateway.invoke('never::add', {}, { rest: { timeoutMs: 300 } }))).toMatch(/never/);
});

test('a JSON-RPC error becomes a failure with code and data [invoke.protocol-error]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const result = await gateway.invoke('u::protocol_error');
  expect(errorOf(result)).toMatch(/the fixture refuses/);
  expect(JSON.stringify(result)).toContain('-32050');
  expect(JSON.stringify(result)).toContain('"hint":"none"');
});

test('a call whose server dies fails at once and says that it was sent [invoke.crash]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const text = errorOf(await gateway.invoke('u::crash'));
  expect(text).toMatch(/\bu\b.*\bcrash\b.*\bsent\b/);
});

test('calls run side by side, each with its own answer [invoke.result]', async () => {
  const gateway = await startGateway({ config: { a: local(), b: local({ sdk: 'v2' }) } });
  const calls = Array.from({ length: 40 }, (_, n) => gateway.invoke(n % 2 ? 'a::echo' : 'b::echo', { n }));
  expect((await Promise.all(calls)).map(textOf)).toEqual(Array.from({ length: 40 }, (_, n) => `{"n":${n}}`));
});
