import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { connectHttp, type HttpClient, type HttpClientKind, serveHttp } from '../helpers/clients/http-clients.ts';
import { accepted, elicit } from '../helpers/clients/multi-round-requests.ts';
import { textOf } from '../helpers/clients/results.ts';
import { startHttpGateway } from '../helpers/gateway/http-gateway.ts';
import { type Entry, journal, local, remote } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const ELICITATION = { elicitation: { form: {} } };
const SESSIONS = 100;
const STEPS = 5;
const LONG_MS = 120_000;
const KINDS: readonly HttpClientKind[] = ['v1', 'v2', 'v1-sse', 'v1-ws', 'v2-modern'];

/** What one session got of its own calls, and all the questions it was asked. */
interface Gotten {
  readonly index: number;
  readonly progress: unknown[];
  readonly answers: string[];
  readonly asked: readonly string[];
}

/** Two rounds of questions and a call with progress, at the same time. */
async function converse(client: HttpClient, index: number): Promise<Gotten> {
  const steps = Array.from({ length: STEPS }, (_, step) => ({ progress: step, message: `step ${step} of ${index}` }));
  const rounds = [1, 2].map((round) => ({ q: elicit(`question ${round} for ${index}`) }));
  const [answers] = await Promise.all([
    client.invoke('u::ask', { rounds }),
    client.invoke('u::steps', { progress: steps }, { onProgress: () => {} }),
  ]);
  // On the wire: SDK 1.x drops progress that comes in one piece with the result.
  const progress = client.received.flatMap(({ method, params }) =>
    method === 'notifications/progress' ? [params?.message] : [],
  );
  return { index, progress, answers: namesIn(textOf(answers)), asked: client.asked };
}

const namesIn = (answers: string) =>
  (JSON.parse(answers) as { q: { content: { name: string } } }[]).map(({ q }) => q.content.name);

/** What a session must get: its own progress, its own questions, its own answers, and nothing else. */
const own = (index: number): Gotten => ({
  index,
  progress: Array.from({ length: STEPS }, (_, step) => `step ${step} of ${index}`),
  answers: [1, 2].map((round) => `answer to question ${round} for ${index}`),
  asked: [1, 2].map((round) => `question ${round} for ${index}`),
});

const answer = (_method: string, params: JsonObject) => accepted(`answer to ${params.message}`);

async function converseAll(address: string, kinds: readonly HttpClientKind[], count: number): Promise<Gotten[]> {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const clients = await Promise.all(
    indexes.map((index) =>
      connectHttp(address, { kind: kinds[index % kinds.length], capabilities: ELICITATION, answer }),
    ),
  );
  return Promise.all(clients.map(converse));
}

test(
  '100 sessions at once get their own progress, questions and answers each, over HTTP [http.sessions-apart]',
  async () => {
    const u = await remote('http', { sdk: 'v1' });
    const { address } = await startHttpGateway({ servers: [{ id: 'u', ...u.entry() }] });
    const gotten = await converseAll(address, KINDS.slice(0, 4), SESSIONS);
    expect(gotten).toEqual(Array.from({ length: SESSIONS }, (_, index) => own(index)));
  },
  LONG_MS,
);

test.each([
  ['a server of 2025-11-25', {}],
  ['a server of 2026-07-28 on one connection', { sdk: 'v2', protocol: '2026-07-28' }],
])(
  '12 sessions of every kind at once get their own, over stdio and %s [http.sessions-apart]',
  async (_what, { sdk, protocol }: { sdk?: string; protocol?: string }) => {
    const { file, events } = journal();
    const u = local({ sdk: sdk as 'v2', journal: file }, protocol ? { protocol } : {});
    const { address } = await serveHttp({}, { u });
    const gotten = await converseAll(address, KINDS, 12);
    expect(gotten).toEqual(Array.from({ length: 12 }, (_, index) => own(index)));
    if (protocol) expect(new Set(events('start').map(({ pid }) => pid)).size).toBe(1);
  },
  LONG_MS,
);

test(
  'many calls of one client of 2026-07-28 with questions at once get connections to themselves, and give them back [http.leases]',
  async () => {
    const { file, events } = journal();
    const { connect } = await serveHttp({}, { u: local({ journal: file }) as Entry });
    const client = await connect({ kind: 'v2-modern', capabilities: ELICITATION, answer });
    const askOf = (index: number) => client.invoke('u::ask', { rounds: [{ q: elicit(`question ${index}`) }] });
    const indexes = Array.from({ length: 6 }, (_, index) => index);
    const answers = await Promise.all(indexes.map(async (index) => namesIn(textOf(await askOf(index)))));
    expect(answers).toEqual(indexes.map((index) => [`answer to question ${index}`]));
    const before = events('start').length;
    expect(before, 'one that all share, and one for each call').toBeLessThanOrEqual(7);
    for (const index of indexes) expect(namesIn(textOf(await askOf(index)))).toEqual([`answer to question ${index}`]);
    expect(events('start')).toHaveLength(before);
  },
  LONG_MS,
);

test(
  'calls that wait for a connection to themselves get one although those before them were given up [http.leases-waiting]',
  async () => {
    const { file, events } = journal();
    const u = await remote('http', { sdk: 'v1', journal: file });
    const { connect } = await serveHttp({ http: { stopSeconds: 1 } }, { u: u.entry() });
    const client = await connect({ kind: 'v2-modern', capabilities: ELICITATION, answer });
    const calls = () => events('call').filter(({ tool }) => tool === 'sleep').length;
    const busy = new AbortController();
    const late = new AbortController();
    const sleep = (signal: AbortSignal) => client.invoke('u::sleep', { ms: 100_000 }, { signal }).catch(() => {});
    const first = Array.from({ length: LEASES }, () => sleep(busy.signal));
    await waitUntil(() => calls() === LEASES, { timeoutMs: 20_000, what: 'as many calls run as may' });
    const given = Array.from({ length: LEASES }, () => sleep(late.signal));
    await settled(client);
    const patient = client.invoke('u::echo', { text: 'at last' });
    await settled(client);
    late.abort();
    await Promise.all(given);
    await settled(client);
    busy.abort();
    await Promise.all(first);
    expect(textOf(await patient)).toContain('at last');
    expect(calls()).toBe(LEASES);
  },
  LONG_MS,
);

/** Calls of one kind of client that run on one server at one time at most. */
const LEASES = 32;

/** What was sent before has been taken: an answer that came after it is here. */
const settled = (client: HttpClient) => client.callTool('search', { query: '' });
