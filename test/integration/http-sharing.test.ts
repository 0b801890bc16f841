import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { beginJob, type HttpClient, type HttpClientKind, serveHttp } from '../helpers/clients/http-clients.ts';
import { accepted, elicit } from '../helpers/clients/multi-round-requests.ts';
import { jsonOf, textOf } from '../helpers/clients/results.ts';
import { journal, local, REAL } from '../helpers/servers/fixture.ts';
import { alive, expectDead, waitUntil } from '../helpers/system/processes.ts';

const ELICITATION = { elicitation: { form: {} } };
const ALL = { elicitation: { form: {} }, sampling: {}, roots: { listChanged: true } };
const UPDATED = 'notifications/resources/updated';
const LISTS_CHANGED = 'notifications/resources/list_changed';
const SHARED = 'fixture://shared';

const ask = (message: string, more: JsonObject = {}) => ({ rounds: [{ q: elicit(message) }], ...more });

/** What a client whose user always gives this name says. */
const named = (name: string) => () => accepted(name);

test('clients that can be asked nothing share one process [http.shared-process]', async () => {
  const { file, events } = journal();
  const { connect } = await serveHttp({}, { u: local({ journal: file }) });
  const kinds: HttpClientKind[] = ['v1', 'v1-sse', 'v1-ws', 'v2', 'v2-modern', 'v1'];
  const clients = await Promise.all(kinds.map((kind) => connect({ kind })));
  const pids = await Promise.all(clients.map(async (client) => textOf(await client.invoke('u::pid'))));
  expect(new Set(pids).size).toBe(1);
  expect(events('start')).toHaveLength(1);
});

const GOING: [HttpClientKind, 'end' | 'drop'][] = [
  ['v1', 'end'],
  ['v2', 'end'],
  ['v1-ws', 'drop'],
  ['v1-sse', 'drop'],
];

test.each(GOING)(
  '%s: a client that can be asked has a process of its own, which is gone after it (%s) [http.own-process]',
  async (kind, way) => {
    const { file, events } = journal();
    const { connect } = await serveHttp({}, { u: local({ journal: file }) });
    const plain = await connect();
    const able = await connect({ kind, capabilities: ELICITATION });
    const other = await connect({ kind, capabilities: ELICITATION });
    const [shared, own, others] = await Promise.all(
      [plain, able, other].map(async (client) => Number(textOf(await client.invoke('u::pid')))),
    );
    expect(new Set([shared, own, others]).size).toBe(3);
    expect(Number(textOf(await able.invoke('u::pid'))), 'the same at its next call').toBe(own);
    await able[way]();
    await expectDead([own as number]);
    expect(Number(textOf(await other.invoke('u::pid')))).toBe(others);
    expect(Number(textOf(await plain.invoke('u::pid')))).toBe(shared);
    expect(new Set(events('start').map(({ pid }) => pid)).size, 'nothing else was started').toBe(3);
  },
);

test('with shared: true also clients that can be asked share, with shared: false nobody does [http.shared-entry]', async () => {
  const together = journal();
  const apart = journal();
  const { connect } = await serveHttp(
    {},
    {
      together: local({ journal: together.file }, { shared: true }),
      apart: local({ journal: apart.file }, { shared: false }),
    },
  );
  const clients = await Promise.all([connect(), connect(), connect({ capabilities: ELICITATION })]);
  const pidsOf = async (server: string) =>
    new Set(await Promise.all(clients.map(async (client) => textOf(await client.invoke(`${server}::pid`)))));
  expect((await pidsOf('together')).size).toBe(1);
  expect(together.events('start')).toHaveLength(1);
  const own = await pidsOf('apart');
  expect(own.size).toBe(3);
  await Promise.all(clients.map((client) => client.end()));
  await expectDead([...own].map(Number));
});

test('on a shared connection a question is put while one client calls, and refused while two do [http.shared-question]', async () => {
  const { file, events } = journal();
  const { connect } = await serveHttp({}, { u: local({ journal: file }, { shared: true }) });
  const [ada, ben] = (await Promise.all(
    ['Ada', 'Ben'].map((name) => connect({ capabilities: ELICITATION, answer: named(name) })),
  )) as [HttpClient, HttpClient];
  expect(textOf(await ada.invoke('u::ask', ask('alone')))).toContain('Ada');
  const sleeping = new AbortController();
  const other = ben.invoke('u::sleep', { ms: 60_000 }, { signal: sleeping.signal }).catch(() => {});
  await waitUntil(() => events('call').some(({ tool }) => tool === 'sleep'));
  const refused = textOf(await ada.invoke('u::ask', ask('secret of Ada')));
  expect(refused).toContain('several clients are calling: cannot tell whom elicitation/create is for');
  sleeping.abort();
  await other;
  await waitUntil(() => events('cancelled').length > 0);
  expect(ada.asked).toEqual(['alone']);
  expect(ben.asked).toEqual([]);
  expect(JSON.stringify(ben.received)).not.toContain('secret of Ada');
});

test('on a shared connection nobody is shown log messages while two clients call [http.shared-logs]', async () => {
  const { file, events } = journal();
  const { connect } = await serveHttp({}, { u: local({ journal: file }, { shared: true }) });
  const [ada, ben] = await Promise.all([connect(), connect()]);
  const sleeping = new AbortController();
  const other = ben.invoke('u::sleep', { ms: 60_000 }, { signal: sleeping.signal }).catch(() => {});
  await waitUntil(() => events('call').some(({ tool }) => tool === 'sleep'));
  await ada.invoke('u::tell', { method: 'notifications/message', params: { level: 'error', data: 'of Ada' } });
  sleeping.abort();
  await other;
  await waitUntil(async () => textOf(await ada.invoke('u::last_cancel')) !== 'null');
  await ada.invoke('u::tell', { method: 'notifications/message', params: { level: 'error', data: 'alone' } });
  await waitUntil(() => JSON.stringify(ada.received).includes('alone'));
  expect(JSON.stringify(ada.received)).not.toContain('of Ada');
  expect(ben.heard('notifications/message')).toBe(0);
});

test('sampling and roots are asked of the session that calls [http.session-channels]', async () => {
  const { connect } = await serveHttp({}, { u: local() });
  const names = ['Ada', 'Ben', 'Cleo'];
  const clients = await Promise.all(
    names.map((name) =>
      connect({
        capabilities: ALL,
        answer: (method) =>
          method === 'roots/list'
            ? { roots: [{ uri: `file:///${name}`, name }] }
            : { role: 'assistant', model: 'test', content: { type: 'text', text: `model of ${name}` } },
      }),
    ),
  );
  const messages = [{ role: 'user', content: { type: 'text', text: 'who?' } }];
  const questions = {
    model: { method: 'sampling/createMessage', params: { messages, maxTokens: 5 } },
    roots: { method: 'roots/list', params: {} },
  };
  const answers = await Promise.all(
    clients.map(async (client) => textOf(await client.invoke('u::ask', { rounds: [questions] }))),
  );
  for (const [index, name] of names.entries()) {
    expect(answers[index]).toContain(`model of ${name}`);
    expect(answers[index]).toContain(`file:///${name}`);
    for (const other of names.filter((each) => each !== name)) expect(answers[index]).not.toContain(other);
  }
});

test('one session that sets a log level hears debug messages, another one of the same server does not [http.session-log-level]', async () => {
  const { connect } = await serveHttp({}, { u: local() });
  const [loud, quiet, plain] = (await Promise.all([connect(), connect(), connect()])) as [
    HttpClient,
    HttpClient,
    HttpClient,
  ];
  await loud.request('logging/setLevel', { level: 'debug' });
  await quiet.request('logging/setLevel', { level: 'critical' });
  const levels = ({ received }: HttpClient) =>
    received.flatMap(({ method, params }) => (method === 'notifications/message' ? [params?.level] : []));
  await Promise.all([loud, quiet].map((client) => client.invoke('u::logs')));
  await waitUntil(() => levels(loud).length >= 8 && levels(quiet).length >= 3);
  expect(levels(loud)).toEqual(['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']);
  expect(levels(quiet)).toEqual(['critical', 'alert', 'emergency']);
  expect(levels(plain)).toEqual([]);
});

test('changed roots are told to the servers of that session only [http.roots-changed]', async () => {
  const { file, events } = journal();
  const { connect } = await serveHttp({}, { u: local({ journal: file }) });
  const [moving, staying] = (await Promise.all([connect({ capabilities: ALL }), connect({ capabilities: ALL })])) as [
    HttpClient,
    HttpClient,
  ];
  const own = Number(textOf(await moving.invoke('u::pid')));
  await staying.invoke('u::pid');
  await moving.notify('notifications/roots/list_changed');
  await waitUntil(() => events('roots_changed').length > 0);
  // The servers have answered after it: what was on its way to them has arrived.
  await Promise.all([moving, staying].map((client) => client.invoke('u::pid')));
  expect(events('roots_changed').map(({ pid }) => pid)).toEqual([own]);
});

test('a list that has changed is told to every session of either kind [http.list-changed]', async () => {
  const { connect } = await serveHttp({}, { u: local({ primitives: true }) });
  const clients = await Promise.all([
    connect(),
    connect({ kind: 'v1-sse' }),
    connect({ kind: 'v1-ws' }),
    connect({ kind: 'v2' }),
    connect({ capabilities: ELICITATION }),
  ]);
  const before = clients.map((client) => client.heard(LISTS_CHANGED));
  await (clients[0] as HttpClient).invoke('u::add_resource', { uri: 'fixture://new' });
  await waitUntil(() => clients.every((client, index) => client.heard(LISTS_CHANGED) > (before[index] as number)));
  const { resources } = await (clients[1] as HttpClient).request('resources/list', {});
  expect(JSON.stringify(resources)).toContain('fixture://new');
});

test('a resource is followed for two sessions over one connection until the last one leaves [http.subscriptions]', async () => {
  const { file, events } = journal();
  const { connect } = await serveHttp({}, { u: local({ primitives: true, journal: file }) });
  const [first, second, outsider] = (await Promise.all([connect(), connect({ kind: 'v2' }), connect()])) as [
    HttpClient,
    HttpClient,
    HttpClient,
  ];
  for (const client of [first, second]) await client.request('resources/subscribe', { uri: SHARED });
  const update = () => outsider.invoke('u::tell', { method: UPDATED, params: { uri: SHARED } });
  await update();
  await waitUntil(() => first.heard(UPDATED) === 1 && second.heard(UPDATED) === 1);
  await first.request('resources/unsubscribe', { uri: SHARED });
  await update();
  await waitUntil(() => second.heard(UPDATED) === 2);
  expect(events('unsubscribe')).toEqual([]);
  await second.end();
  await waitUntil(() => events('unsubscribe').length === 1);
  await update();
  expect([first, second, outsider].map((client) => client.heard(UPDATED))).toEqual([1, 2, 0]);
});

test('a session with a connection of its own hears once of a resource that others follow too [http.subscriptions-own]', async () => {
  const { connect } = await serveHttp({}, { u: local({ primitives: true }) });
  const able = await connect({ capabilities: ELICITATION });
  const plain = await connect();
  for (const client of [able, plain]) await client.request('resources/subscribe', { uri: SHARED });
  const update = (client: HttpClient) => client.invoke('u::tell', { method: UPDATED, params: { uri: SHARED } });
  await update(plain);
  await waitUntil(() => plain.heard(UPDATED) === 1);
  await update(able);
  await waitUntil(() => able.heard(UPDATED) > 0);
  await plain.invoke('u::pid');
  await able.invoke('u::pid');
  expect([able, plain].map((client) => client.heard(UPDATED))).toEqual([1, 1]);
});

test('with shared: false a session that leaves a resource hears no more of it, whoever else follows it [http.subscriptions-own]', async () => {
  const { file, events } = journal();
  const { connect } = await serveHttp({}, { u: local({ primitives: true, journal: file }, { shared: false }) });
  const [leaving, staying] = (await Promise.all([connect(), connect()])) as [HttpClient, HttpClient];
  for (const client of [leaving, staying]) await client.request('resources/subscribe', { uri: SHARED });
  expect(new Set(events('subscribe').map(({ pid }) => pid)).size).toBe(2);
  await leaving.request('resources/unsubscribe', { uri: SHARED });
  const own = Number(textOf(await leaving.invoke('u::pid')));
  expect(events('unsubscribe').map(({ pid }) => pid)).toEqual([own]);
});

test('tools that a server offers to capable clients only are found by the first session of that kind [http.capable-tools]', async () => {
  const { connect } = await serveHttp({}, { everything: REAL.everything() });
  const plain = await connect();
  const search = async (client: HttpClient) =>
    jsonOf<{ results: { id: string }[] }>(
      await client.callTool('search', { query: 'trigger elicitation request from the client' }),
    ).results.map(({ id }) => id);
  const elicits = (ids: string[]) => ids.filter((id) => /elicitation-request$/.test(id));
  expect(elicits(await search(plain))).toEqual([]);
  const able = await connect({ capabilities: ELICITATION });
  expect(elicits(await search(able))).toHaveLength(1);
});

test('tools for capable clients are found again when their server was away from the file [http.capable-tools]', async () => {
  const entries = { everything: REAL.everything() };
  const { connect, write } = await serveHttp({}, entries);
  const able = await connect({ capabilities: ELICITATION });
  const isFound = async () => {
    const answer = await able.callTool('search', { query: 'elicitation request' });
    return textOf(answer).includes('trigger-elicitation-request');
  };
  expect(await isFound()).toBe(true);
  write({ servers: [] });
  await waitUntil(async () => !(await isFound()));
  write({});
  await waitUntil(isFound);
});

test('a session with a process of its own leaves none behind, whether it called or not [http.own-process]', async () => {
  const { file, events } = journal();
  const { connect, gateway } = await serveHttp({}, { u: local({ journal: file }) });
  const able = await Promise.all(Array.from({ length: 4 }, () => connect({ capabilities: ELICITATION })));
  await Promise.all(able.map((client) => client.callTool('search', { query: 'echo' })));
  const jobs = await Promise.all(able.map((client) => beginJob(client, 'u::sleep', { ms: 60_000 })));
  expect(new Set(jobs).size).toBe(4);
  await waitUntil(() => events('call').length > 0);
  await Promise.all(able.map((client) => client.end()));
  const [shared] = gateway.servers();
  expect(shared?.status).toBe('ready');
  await waitUntil(() => events('start').filter(({ pid }) => alive(pid)).length === 1);
});
