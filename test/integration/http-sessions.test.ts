import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import type { JsonObject } from '../../src/core/json.ts';
import {
  beginJob,
  connectHttp,
  type HttpClient,
  type HttpClientKind,
  type LocalGateway,
  serveHttp,
} from '../helpers/clients/http-clients.ts';
import { errorOf, textOf } from '../helpers/clients/results.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { alive, expectDead, waitUntil } from '../helpers/system/processes.ts';

const ADA = 'k3y-of-ada-000000000001';
const BEN = 'k3y-of-ben-000000000002';
const CLEO = 'k3y-of-cleo-00000000003';
const ELICITATION = { elicitation: { form: {} } };
const SESSION_KINDS: readonly HttpClientKind[] = ['v1', 'v2', 'v1-sse', 'v1-ws'];
/** 1.2 s. */
const SHORT_IDLE = { sessionIdleMinutes: 0.02 };

const withKeys = (...keys: string[]) => ({
  auth: { strategy: 'api-key', apiKeys: keys.map((key) => ({ key, id: key.slice(0, 10) })) },
});

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** A request within a session, written by hand. */
function post(address: string, message: JsonObject, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${address}/mcp`, {
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
  });
}

const INITIALIZE = {
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};

/** A session begun by hand, without any stream: its id. */
async function begin(address: string): Promise<string> {
  const response = await post(address, INITIALIZE);
  await response.text();
  return response.headers.get('mcp-session-id') as string;
}

const inSession = (id: string) => ({ 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' });

async function sessionCount(address: string, key = ADA): Promise<number> {
  const text = await (await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${key}` } })).text();
  const counts = [...text.matchAll(/^mcp_gateway_\w*sessions\w*\{.*\} (\d+)$/gm)];
  expect(counts.length, text.slice(0, 2_000)).toBeGreaterThan(0);
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

test.each(SESSION_KINDS)(
  '%s: jobs and progress of a session are nobody else’s, of the same key neither [http.session-jobs]',
  async (kind) => {
    const { address } = await serveHttp(withKeys(ADA, BEN), { u: local() });
    const mine = await connectHttp(address, { kind, key: ADA });
    const same = await connectHttp(address, { kind, key: ADA });
    const other = await connectHttp(address, { kind, key: BEN });
    const jobId = await beginJob(mine, 'u::progress', { steps: 3, ms: 1 });
    for (const stranger of [same, other]) {
      expect(errorOf(await stranger.callTool('job_status', { jobId }))).toMatch(/^no job /);
      expect(errorOf(await stranger.callTool('job_status', { jobId, cancel: true }))).toMatch(/^no job /);
    }
    const rest = await fetch(`${address}/api/v1/jobs/${jobId}`, { headers: { authorization: `Bearer ${ADA}` } });
    expect(rest.status).toBe(404);
    expect(JSON.stringify(await mine.callTool('job_status', { jobId, waitMs: 20_000 }))).toContain('done after 3');
    expect(same.heard('notifications/progress') + other.heard('notifications/progress')).toBe(0);
  },
);

test('a stolen session id opens nothing for another key, and the session lives on [http.session-theft]', async () => {
  const { address } = await serveHttp(withKeys(ADA, BEN), { u: local() });
  const owner = await connectHttp(address, { key: ADA });
  const id = owner.sessionId as string;
  const asThief = { ...inSession(id), authorization: `Bearer ${BEN}` };
  const attempts = [
    post(address, { method: 'tools/list' }, asThief),
    fetch(`${address}/mcp`, { headers: { ...asThief, accept: 'text/event-stream' } }),
    fetch(`${address}/mcp`, { method: 'DELETE', headers: asThief }),
  ];
  for (const response of await Promise.all(attempts)) expect(response.status).toBe(404);
  const without = await fetch(`${address}/mcp`, { method: 'DELETE', headers: inSession(id) });
  expect(without.status).toBe(401);
  expect(textOf(await owner.invoke('u::add', { a: 1, b: 2 }))).toBe('3');
});

test('messages to another key’s SSE session are refused, and it lives on [http.session-theft]', async () => {
  const { address } = await serveHttp(withKeys(ADA, BEN), { u: local() });
  const hangUp = new AbortController();
  const stream = await fetch(`${address}/sse`, { headers: { authorization: `Bearer ${ADA}` }, signal: hangUp.signal });
  const reader = stream.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const path = /data: (\S+)/.exec(new TextDecoder().decode((await reader.read()).value))?.[1] as string;
  const say = (key: string) =>
    fetch(`${address}${path}`, {
      method: 'POST',
      headers: { ...HEADERS, authorization: `Bearer ${key}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...INITIALIZE }),
    });
  expect((await say(BEN)).status).toBe(404);
  expect((await say(ADA)).status).toBe(202);
  expect(new TextDecoder().decode((await reader.read()).value)).toContain('protocolVersion');
  hangUp.abort();
});

/** Two sessions of every kind: of Ada, whose key goes, and of Ben, each with a call that runs. */
async function running({ address }: LocalGateway, kind: HttpClientKind, started: () => number) {
  const ada = await connectHttp(address, { kind, key: ADA, capabilities: ELICITATION });
  const ben = await connectHttp(address, { kind, key: BEN, capabilities: ELICITATION });
  const pids = [ada, ben].map(async (client) => Number(textOf(await client.invoke('u::pid'))));
  const [adas = 0, bens = 0] = await Promise.all(pids);
  const cut = ada.invoke('u::sleep', { ms: 60_000 }).then(
    () => 'answered',
    () => 'cut',
  );
  const kept = ben.invoke('u::sleep', { ms: 3_000 });
  await waitUntil(() => started() === 2);
  return { ada, ben, adas, bens, cut, kept };
}

test.each(SESSION_KINDS)(
  '%s: a key that goes from the file ends its sessions and no other; one that is added ends none [http.revoked]',
  async (kind) => {
    const { file, events } = journal();
    const entries = { u: local({ journal: file }) };
    const gateway = await serveHttp({ http: { stopSeconds: 1 }, ...withKeys(ADA, BEN) }, entries);
    const calls = () => events('call').filter(({ tool }) => tool === 'sleep').length;
    const { ada, ben, adas, bens, kept } = await running(gateway, kind, calls);
    gateway.write({ http: { stopSeconds: 1 }, ...withKeys(ADA, BEN, CLEO) });
    await waitUntil(() => connects(gateway.address, CLEO), { what: 'the new key counts' });
    expect([alive(adas), alive(bens)]).toEqual([true, true]);
    gateway.write({ http: { stopSeconds: 1 }, ...withKeys(BEN, CLEO) });
    await expectDead([adas]);
    await expect(ada.callTool('search', { query: '' }, { timeoutMs: 5_000 })).rejects.toThrow();
    expect(textOf(await kept)).toBe('slept 3000');
    expect(Number(textOf(await ben.invoke('u::pid')))).toBe(bens);
    expect(await connects(gateway.address, ADA)).toBe(false);
  },
);

test('a client whose session ends while it waits for an answer does not wait on [http.session-ended-answer]', async () => {
  const { file, events } = journal();
  const { connect, address } = await serveHttp({ http: { stopSeconds: 1 } }, { u: local({ journal: file }) });
  const client = await connect();
  const waiting = client.invoke('u::sleep', { ms: 60_000 }, { timeoutMs: 50_000 }).catch((error: Error) => error);
  await waitUntil(() => events('call').length === 1);
  // Within the time after which an answer becomes a stream, and by somebody who does not give up what the client waits for.
  const headers = inSession(client.sessionId as string);
  expect((await fetch(`${address}/mcp`, { method: 'DELETE', headers })).status).toBe(204);
  expect(await Promise.race([waiting, delay(5_000, 'still waiting')])).toBeInstanceOf(Error);
});

async function connects(address: string, key: string): Promise<boolean> {
  const response = await fetch(`${address}/api/v1/servers`, { headers: { authorization: `Bearer ${key}` } });
  await response.text();
  return response.status === 200;
}

test('a WebSocket that was closed for its key takes no more messages, though the client goes on [http.revoked-socket]', async () => {
  const { file, events } = journal();
  const entries = { u: local({ journal: file }) };
  const gateway = await serveHttp(withKeys(ADA, BEN), entries);
  const socket = new WebSocket(`${gateway.address.replace('http', 'ws')}/ws`, 'mcp', {
    headers: { authorization: `Bearer ${ADA}` },
  });
  await new Promise((resolve) => socket.once('open', resolve));
  const call = (id: number) => ({
    ...{ jsonrpc: '2.0', id, method: 'tools/call' },
    params: { name: 'invoke', arguments: { id: 'u::echo', args: { text: `call ${id}` } } },
  });
  const texts = () => events('call').map(({ args }) => (args as JsonObject).text);
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, ...INITIALIZE }));
  socket.send(JSON.stringify(call(2)));
  await waitUntil(() => texts().includes('call 2'));
  // It does not read that it is to close, and so does not.
  socket.pause();
  gateway.write(withKeys(BEN));
  await waitUntil(async () => !(await connects(gateway.address, ADA)));
  await waitUntil(async () => (await sessionCount(gateway.address, BEN)) === 0);
  socket.send(JSON.stringify(call(3)));
  const ben = await connectHttp(gateway.address, { kind: 'v1-ws', key: BEN });
  for (let round = 0; round < 5; round++) await ben.invoke('u::echo', { text: 'of Ben' });
  expect(texts()).not.toContain('call 3');
  socket.terminate();
});

test.each(SESSION_KINDS)(
  '%s: beyond http.maxSessions nobody comes in, and somebody does when one has gone [http.max-sessions]',
  async (kind) => {
    const { connect, address } = await serveHttp({ http: { maxSessions: 2 } }, { u: local() });
    const [first] = await Promise.all([connect({ kind }), connect()]);
    await expect(connect({ kind })).rejects.toThrow();
    const refused = await post(address, INITIALIZE);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    expect((await fetch(`${address}/sse`)).status).toBe(503);
    await (first as HttpClient).end();
    await waitUntil(async () => (await sessionCount(address)) === 1);
    expect(textOf(await (await connect({ kind })).invoke('u::add', { a: 1, b: 2 }))).toBe('3');
  },
);

test('a session without a request or a stream ends after http.sessionIdleMinutes, others do not [http.session-idle]', async () => {
  const { connect, address } = await serveHttp({ http: SHORT_IDLE }, { u: local() });
  const listening = await connect();
  const socket = await connect({ kind: 'v1-ws' });
  const legacy = await connect({ kind: 'v1-sse' });
  const id = await begin(address);
  expect((await post(address, { method: 'ping' }, inSession(id))).status).toBe(200);
  await waitUntil(async () => (await sessionCount(address)) === 3);
  expect((await post(address, { method: 'ping' }, inSession(id))).status).toBe(404);
  for (const client of [listening, socket, legacy])
    expect(textOf(await client.invoke('u::add', { a: 1, b: 2 }))).toBe('3');
});

test('a session with a job that runs is not idle, and its result can be asked for afterwards [http.session-idle]', async () => {
  const { file, events } = journal();
  const { address } = await serveHttp({ http: SHORT_IDLE }, { u: local({ journal: file }) });
  const id = await begin(address);
  const call = (name: string, args: JsonObject) =>
    post(address, { method: 'tools/call', params: { name, arguments: args } }, inSession(id));
  const idle = await begin(address);
  const started = await call('invoke_async', { id: 'u::sleep', args: { ms: 5_000 } });
  const { jobId } = JSON.parse(/\{\\"jobId.*?\}/.exec(await started.text())?.[0].replaceAll('\\"', '"') as string);
  await waitUntil(() => events('call').length === 1);
  await waitUntil(async () => (await sessionCount(address)) === 1, { what: 'the session without a job has gone' });
  expect((await post(address, { method: 'ping' }, inSession(idle))).status).toBe(404);
  // The job outlives the idle time by far; nothing is asked of the session meanwhile.
  await waitUntil(async () =>
    (await (await fetch(`${address}/metrics`)).text()).match(/^mcp_gateway_jobs_running 0$/m),
  );
  const status = await call('job_status', { jobId });
  expect(status.status).toBe(200);
  expect(await status.text()).toContain('slept 5000');
  await waitUntil(async () => (await sessionCount(address)) === 0);
});

const LIMIT = 20;

test('exactly as many requests of a key as the limit are served, whichever way they come, at once [http.rate-limit]', async () => {
  const rateLimit = { limit: LIMIT, windowSeconds: 600 };
  const { address } = await serveHttp({ rateLimit, ...withKeys(ADA, BEN) }, { u: local() });
  const authorization = { authorization: `Bearer ${ADA}` };
  const requests = Array.from({ length: 3 * LIMIT }, (_, index) =>
    index % 2 === 0
      ? post(address, INITIALIZE, authorization)
      : fetch(`${address}/api/v1/servers`, { headers: authorization }),
  );
  const statuses = (await Promise.all(requests)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
  expect(statuses.filter((status) => status === 429)).toHaveLength(2 * LIMIT);
  expect((await post(address, INITIALIZE, { authorization: `Bearer ${BEN}` })).status, 'another key').toBe(200);
});

test('messages over a WebSocket count as requests, those beyond the limit are answered with an error [http.rate-limit]', async () => {
  const rateLimit = { limit: LIMIT, windowSeconds: 600 };
  const { address } = await serveHttp({ rateLimit, ...withKeys(ADA) }, { u: local() });
  const headers = { authorization: `Bearer ${ADA}` };
  const socket = new WebSocket(`${address.replace('http', 'ws')}/ws`, 'mcp', { headers });
  const answers: { id?: number; result?: object; error?: JsonObject }[] = [];
  socket.on('message', (data) => answers.push(JSON.parse(String(data)) as { id: number }));
  await new Promise((resolve) => socket.once('open', resolve));
  for (let id = 1; id <= 2 * LIMIT; id++) socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' }));
  await waitUntil(() => answers.length === 2 * LIMIT);
  // The request to switch to WebSocket was the first.
  expect(answers.filter(({ result }) => result)).toHaveLength(LIMIT - 1);
  const refused = answers.filter(({ error }) => error);
  expect(refused).toHaveLength(LIMIT + 1);
  expect(refused[0]?.error).toMatchObject({ code: -32_000, data: { code: 'RATE_LIMITED', limit: LIMIT } });
  expect((await post(address, INITIALIZE, headers)).status).toBe(429);
  socket.terminate();
});
