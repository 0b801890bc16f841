import { expect, test } from 'vitest';
import { MODERN_REVISION } from '../helpers/clients/clients.ts';
import { beginJob, connectHttp, type HttpClient, serveHttp } from '../helpers/clients/http-clients.ts';
import { accepted, elicit } from '../helpers/clients/multi-round-requests.ts';
import { errorOf, jsonOf, textOf } from '../helpers/clients/results.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const ELICITATION = { elicitation: { form: {} } };
const UPDATED = 'notifications/resources/updated';
const LISTS_CHANGED = 'notifications/resources/list_changed';
const SHARED = 'fixture://shared';
/** A resource whose subscription is never answered. */
const SLOW = 'fixture://item/hang';
const KEYS = ['k3y-of-ada-000000000001', 'k3y-of-ben-000000000002'] as const;
const WITH_KEYS = { auth: { strategy: 'api-key', apiKeys: KEYS.map((key, at) => ({ key, id: `caller-${at}` })) } };

test.each([[{}], [ELICITATION]])(
  'a client of 2026-07-28 with capabilities %j hears of changed lists and resources that it listens to [http.modern-listen]',
  async (capabilities) => {
    const { file, events } = journal();
    const { connect } = await serveHttp({}, { u: local({ primitives: true, journal: file }) });
    const plain = await connect();
    const modern = await connect({ kind: 'v2-modern', capabilities });
    const deaf = await connect({ kind: 'v2-modern', capabilities });
    await deaf.listen({ promptsListChanged: true });
    const subscription = await modern.listen({ resourcesListChanged: true, resourceSubscriptions: [SHARED] });
    await waitUntil(() => events('subscribe').length > 0);
    const shared = Number(textOf(await plain.invoke('u::pid')));
    expect(
      events('subscribe').map(({ pid }) => pid),
      'where updates are heard',
    ).toEqual([shared]);
    await plain.invoke('u::tell', { method: UPDATED, params: { uri: SHARED } });
    await waitUntil(() => modern.heard(UPDATED) === 1);
    await plain.invoke('u::add_resource', { uri: 'fixture://new' });
    await waitUntil(() => modern.heard(LISTS_CHANGED) > 0);
    await subscription.close();
    await waitUntil(() => events('unsubscribe').length === 1, { what: 'nobody listens any more' });
    expect(deaf.heard(UPDATED) + deaf.heard(LISTS_CHANGED)).toBe(0);
  },
);

test('a session that stops following a resource leaves it to a client of 2026-07-28 that listens [http.modern-listen]', async () => {
  const { file, events } = journal();
  const { connect } = await serveHttp({}, { u: local({ primitives: true, journal: file }) });
  const [plain, modern] = (await Promise.all([connect(), connect({ kind: 'v2-modern' })])) as [HttpClient, HttpClient];
  await modern.listen({ resourceSubscriptions: [SHARED] });
  await waitUntil(() => events('subscribe').length > 0);
  await plain.request('resources/subscribe', { uri: SHARED });
  await plain.request('resources/unsubscribe', { uri: SHARED });
  await plain.invoke('u::tell', { method: UPDATED, params: { uri: SHARED } });
  await waitUntil(() => modern.heard(UPDATED) === 1);
  expect(events('unsubscribe')).toEqual([]);
  expect(plain.heard(UPDATED)).toBe(0);
});

test('a subscription that its server has not answered is cancelled when nobody listens any more [subscriptions.cancelled]', async () => {
  const { file, events } = journal();
  const { connect } = await serveHttp({}, { u: local({ primitives: true, journal: file }) });
  const modern = await connect({ kind: 'v2-modern' });
  const subscription = await modern.listen({ resourceSubscriptions: [SLOW] });
  await waitUntil(() => events('subscribe').length === 1);
  await subscription.close();
  await waitUntil(() => events('cancelled').length === 1);
});

test('jobs of a client of 2026-07-28 are its key’s: another key does not know them [http.modern-jobs]', async () => {
  const { address } = await serveHttp(WITH_KEYS, { u: local() });
  const [ada, again, ben] = (await Promise.all(
    [KEYS[0], KEYS[0], KEYS[1]].map((key) => connectHttp(address, { kind: 'v2-modern', key })),
  )) as [HttpClient, HttpClient, HttpClient];
  const session = await connectHttp(address, { key: KEYS[0] });
  const jobId = await beginJob(ada, 'u::add', { a: 20, b: 22 });
  const done = await again.callTool('job_status', { jobId, waitMs: 20_000 });
  expect(JSON.stringify(done)).toContain('42');
  for (const stranger of [ben, session])
    expect(errorOf(await stranger.callTool('job_status', { jobId }))).toMatch(/^no job /);
});

test('a job of a client of 2026-07-28 puts its question in job_status and goes on with the answer [http.modern-jobs]', async () => {
  const { connect } = await serveHttp({}, { u: local() });
  const clients = await Promise.all(
    ['Ada', 'Ben', 'Cleo'].map((name) =>
      connect({ kind: 'v2-modern', capabilities: ELICITATION, answer: () => accepted(name) }),
    ),
  );
  const jobs = await Promise.all(
    clients.map((client, at) => beginJob(client, 'u::ask', { rounds: [{ q: elicit(`question ${at}`) }] })),
  );
  const results = await Promise.all(
    clients.map((client, at) => client.callTool('job_status', { jobId: jobs[at], waitMs: 20_000 })),
  );
  for (const [at, name] of ['Ada', 'Ben', 'Cleo'].entries()) {
    expect(JSON.stringify(results[at])).toContain(name);
    expect(clients[at]?.asked).toEqual([`question ${at}`]);
  }
});

test('a question of one key cannot be answered by another [http.modern-question-owner]', async () => {
  const { address } = await serveHttp(WITH_KEYS, { u: local() });
  const args = { name: 'invoke', arguments: { id: 'u::ask', args: { rounds: [{ q: elicit('secret') }] } } };
  const asked = await modernCall(address, KEYS[0], args);
  expect(asked).toMatchObject({ result: { resultType: 'input_required' } });
  const { requestState, inputRequests } = asked.result as { requestState: string; inputRequests: object };
  const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((each) => [each, accepted('thief')]));
  const stolen = await modernCall(address, KEYS[1], { ...args, requestState, inputResponses });
  expect(JSON.stringify(stolen)).not.toContain('thief');
  const mine = Object.fromEntries(Object.keys(inputRequests).map((each) => [each, accepted('owner')]));
  const answered = await modernCall(address, KEYS[0], { ...args, requestState, inputResponses: mine });
  expect(JSON.stringify(answered)).toContain('owner');
});

async function modernCall(address: string, key: string, params: object): Promise<{ result?: object; error?: object }> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': ELICITATION,
  };
  const response = await fetch(`${address}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': MODERN_REVISION,
      'mcp-method': 'tools/call',
      'mcp-name': 'invoke',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { ...params, _meta } }),
  });
  const text = await response.text();
  const data = /^data: (.*"id":1.*)$/m.exec(text)?.[1] ?? text;
  return JSON.parse(data) as { result?: object };
}

test('progress of a client of 2026-07-28 comes to the request that asked for it [http.modern-progress]', async () => {
  const { connect } = await serveHttp({}, { u: local() });
  const clients = await Promise.all([connect({ kind: 'v2-modern' }), connect({ kind: 'v2-modern' })]);
  const gotten = await Promise.all(
    clients.map(async (client, at) => {
      const heard: unknown[] = [];
      const progress = [0, 1, 2].map((step) => ({ progress: step, message: `${step} of ${at}` }));
      const result = await client.invoke(
        'u::steps',
        { progress },
        { onProgress: ({ message }) => heard.push(message) },
      );
      expect(textOf(result)).toBe('stepped');
      return heard;
    }),
  );
  expect(gotten).toEqual([0, 1].map((at) => [0, 1, 2].map((step) => `${step} of ${at}`)));
  expect(jsonOf(await (clients[0] as HttpClient).callTool('search', { query: '' }))).toBeDefined();
});
