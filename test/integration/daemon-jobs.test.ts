import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { textOf } from '../helpers/clients/results.ts';
import { DEFINITIONS, notes } from '../helpers/gateway/permissions.ts';
import { SharedHome, type SharedSession } from '../helpers/gateway/shared-sessions.ts';
import { builtFixture } from '../helpers/servers/built-fixtures.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

/** Jobs that run at one time. */
const CONCURRENCY = 2;

/** Takes every place of a job; each ends with its daemon. */
async function fillPlaces(session: SharedSession, running: () => number): Promise<void> {
  for (let n = 0; n < CONCURRENCY; n++) await session.job('a::sleep', { ms: 60_000 + n });
  await waitUntil(() => running() === CONCURRENCY);
}

/** Asks for a job in those words; resolves with its id. */
async function ask(session: SharedSession, name: string, input: JsonObject, meta?: JsonObject): Promise<string> {
  const { result } = await session.call(name, input, meta);
  return JSON.parse(textOf(result ?? {})).jobId as string;
}

test('a waiting job begins anew as the request that asked for it, however it was written [daemon.jobs-anew]', async () => {
  const a = journal();
  const t = journal();
  const home = new SharedHome({
    a: local({ sdk: 'raw', journal: a.file }, { maxConcurrency: CONCURRENCY }),
    t: {
      type: 'local',
      command: [process.execPath, builtFixture('upstream/tasks'), JSON.stringify({ journal: t.file })],
    },
    $gateway: { jobs: { concurrency: CONCURRENCY } },
  });
  const session = await home.open();
  await fillPlaces(session, () => a.events('call').length);
  const low = await ask(session, 'invoke_async', { id: 'a::echo', args: '{"text": "low"}', priority: '-1' });
  const alias = await ask(session, 'gateway.invoke_async', { id: 'a::echo', args: { text: 'alias' }, timeoutMs: null });
  const high = await ask(session, 'invoke_async', { id: 'a::echo', args: { text: 'high' }, priority: '2' });
  const task = await ask(session, 'invoke_async', { id: 't::quick', args: { text: 'task' } }, { 'x/mark': 1 });
  const handedOver = await ask(session, 'invoke', { id: 'a::echo', args: { text: 'handed over' }, waitMs: 1 });
  process.kill(await home.daemon(), 'SIGKILL');
  expect((await session.ended(handedOver)).error?.message).toContain('its result is lost');
  for (const [jobId, text] of [
    [low, '{"text":"low"}'],
    [alias, '{"text":"alias"}'],
    [high, '{"text":"high"}'],
    [task, 'task'],
  ] as const)
    expect(await session.ended(jobId)).toMatchObject({ status: 'completed', text });
  expect(JSON.stringify(a.events('call'))).not.toContain('handed over');
  const [call] = t.events('tools/call').map(({ params }) => params as JsonObject);
  expect(call).toMatchObject({ name: 'quick', task: { ttl: expect.any(Number) }, _meta: { 'x/mark': 1 } });
  for (const [id, count] of session.answers()) expect(count, `answers to ${id}`).toBe(1);
});

test('a person is asked about a job that begins anew before it takes a place [daemon.jobs-anew]', async () => {
  const { file, events } = journal();
  const home = new SharedHome({
    a: notes(['echo', 'sleep'], { sdk: 'raw', journal: file }),
    $gateway: { jobs: { concurrency: CONCURRENCY }, permissions: [{ tool: '*_note', action: 'ask' }] },
  });
  const session = await home.open();
  await fillPlaces(session, () => events('call').length);
  const questions = () => session.asked.filter(({ method }) => method === 'elicitation/create');
  const agree = (from: number, to?: number) => {
    for (const { id } of questions().slice(from, to))
      session.peer.send({ id: id as number, result: { action: 'accept', content: { answer: 'once' } } });
  };
  // A question with this word in it is left to the test.
  const args = { text: 'hold' };
  const jobs = DEFINITIONS.map(({ name }) => ask(session, 'invoke_async', { id: `a::${name}`, args }));
  await waitUntil(() => questions().length === 3);
  agree(0);
  const asked = await Promise.all(jobs);
  const plain = await session.job('a::echo', { text: 'plain' });
  process.kill(await home.daemon(), 'SIGKILL');
  await waitUntil(() => questions().length === 6);
  // As many as there are places wait for a person, and no place is taken.
  expect((await session.ended(plain)).status).toBe('completed');
  const [first = '', ...others] = asked;
  const { result } = await session.call('job_status', { jobId: first });
  expect(JSON.parse(textOf(result ?? {})).status).toBe('queued');
  await session.call('job_status', { jobId: first, cancel: true });
  agree(3);
  for (const jobId of others) expect((await session.ended(jobId)).status).toBe('completed');
  expect((await session.ended(first)).status).toBe('cancelled');
  expect(events('call').filter(({ tool }) => String(tool).endsWith('_note'))).toHaveLength(2);
});
