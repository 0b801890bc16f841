import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { blocks, errorOf, jsonOf, textOf } from '../helpers/clients/results.ts';
import { throughGateway } from '../helpers/fidelity/ways.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

/** Longer than the gateway is silent itself, shorter than two of its signs of life. */
const SILENCE_MS = 16_000;

test('a silent call with a token gets signs of life that grow, and none without [heartbeat.interval, heartbeat.token, heartbeat.growth]', async () => {
  const gateway = await startGateway({ config: { u: local() }, sdk: 'raw' });
  await gateway.knows('u::silence');
  const { peer } = gateway.process;
  const call = (args: JsonObject, progressToken?: string) =>
    peer.request('tools/call', {
      name: 'invoke',
      arguments: { id: 'u::silence', args },
      ...(progressToken && { _meta: { progressToken } }),
    });
  const working = { progress: 5, total: 10, message: 'working' };
  const answers = await Promise.all([
    call({ ms: SILENCE_MS }, 'plain'),
    call({ ms: SILENCE_MS, progress: [working] }, 'working'),
    call({ ms: SILENCE_MS }),
  ]);
  expect(answers.map(({ result }) => textOf(result as JsonObject))).toEqual(['at last', 'at last', 'at last']);
  const beats = (token: string) =>
    peer.messages.flatMap(({ method, params }) =>
      method === 'notifications/progress' && params?.progressToken === token ? [params] : [],
    );
  expect(beats('plain')).toHaveLength(1);
  expect(beats('plain')[0]?.progress).toBeGreaterThan(0);
  const [own, beat] = beats('working');
  expect(own).toEqual({ progressToken: 'working', ...working });
  expect(beat).toMatchObject({ total: 10, message: 'working' });
  expect(Number(beat?.progress)).toBeGreaterThan(5);
  expect(Number(beat?.progress)).toBeLessThan(5.001);
  const tokens = peer.messages.flatMap(({ method, params }) =>
    method === 'notifications/progress' ? [params?.progressToken] : [],
  );
  expect(new Set(tokens)).toEqual(new Set(['plain', 'working']));
});

test('a call that ends within waitMs answers inline [waiting.inline]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const result = await gateway.invoke('u::structured', { city: 'Oslo' }, { rest: { waitMs: 20_000 } });
  expect(result).toMatchObject({ structuredContent: { city: 'Oslo' }, _meta: { 'fixture/source': 'station-7' } });
  expect(errorOf(await gateway.invoke('u::fail', {}, { rest: { waitMs: 20_000 } }))).toBe('failed');
  const late = await gateway.invoke('u::sleep', { ms: 60_000 }, { rest: { waitMs: 20_000, timeoutMs: 200 } });
  expect(errorOf(late)).toMatch(/200 ms/);
});

test('a longer one is handed over to a job, and not started again [waiting.handover, waiting.once]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }) } });
  await gateway.knows('u::silence');
  const ticket = jsonOf(await gateway.invoke('u::progress', { steps: 6, ms: 200 }, { rest: { waitMs: 100 } }));
  expect(ticket).toEqual({ jobId: expect.stringMatching(/^job_/), status: 'running' });
  const { record, result } = await gateway.jobStatus(String(ticket.jobId), { waitMs: 20_000 });
  expect(record).toMatchObject({ jobId: ticket.jobId, status: 'completed' });
  expect(blocks(result)).toEqual([{ type: 'text', text: 'done after 6' }]);
  expect(events('call').filter(({ tool }) => tool === 'progress')).toHaveLength(1);
  expect(events('cancelled')).toEqual([]);
});

test('progress goes to the client until the handover, then to the job [waiting.progress]', async () => {
  const gateway = await startGateway({ config: { u: local() }, sdk: 'raw' });
  await gateway.knows('u::progress');
  const { peer } = gateway.process;
  const ticket = jsonOf(
    await gateway.invoke('u::progress', { steps: 200, ms: 50 }, { rest: { waitMs: 1_000 }, onProgress: () => {} }),
  );
  const told = peer.messages.filter(({ method }) => method === 'notifications/progress').length;
  expect(told).toBeGreaterThan(0);
  const jobId = String(ticket.jobId);
  const ahead = async () =>
    Number(((await gateway.jobStatus(jobId)).record.progress as JsonObject)?.progress) > told + 1;
  await waitUntil(ahead);
  expect(peer.messages.filter(({ method }) => method === 'notifications/progress').length).toBe(told);
  await gateway.jobStatus(jobId, { cancel: true });
});

test('a job that was handed over is cancelled like any other [waiting.cancel]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }) } });
  await gateway.knows('u::sleep');
  const { jobId } = jsonOf(await gateway.invoke('u::sleep', { ms: 60_000 }, { rest: { waitMs: 1 } }));
  expect((await gateway.jobStatus(String(jobId), { cancel: true })).record.status).toBe('cancelled');
  await waitUntil(() => events('cancelled').length === 1);
});

test('until it is handed over, the client’s cancellation reaches the server [waiting.cancel]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }) } });
  await gateway.knows('u::sleep');
  const controller = new AbortController();
  const call = gateway.invoke('u::sleep', { ms: 60_000 }, { rest: { waitMs: 50_000 }, signal: controller.signal });
  call.catch(() => {});
  await waitUntil(() => events('call').length === 1);
  controller.abort();
  await waitUntil(() => events('cancelled').length === 1);
});

test('invoke.waitMs sets it for every call; a waitMs of the call wins [waiting.default]', async () => {
  const gateway = await startGateway({ config: { u: local(), $gateway: { invoke: { waitMs: 50 } } } });
  await gateway.knows('u::sleep');
  const { jobId } = jsonOf(await gateway.invoke('u::sleep', { ms: 60_000 }));
  await gateway.jobStatus(String(jobId), { cancel: true });
  expect(textOf(await gateway.invoke('u::sleep', { ms: 300 }, { rest: { waitMs: 20_000 } }))).toBe('slept 300');
});

test('a call to a server that still connects is not lost by a short waitMs [waiting.connecting]', async () => {
  const gateway = await startGateway({ config: { u: local({ initDelayMs: 800 }) } });
  const answer = await gateway.invoke('u::sleep', { ms: 300 }, { rest: { waitMs: 1 } });
  const { jobId } = jsonOf(answer);
  const { result } = await gateway.jobStatus(String(jobId), { waitMs: 20_000 });
  expect(blocks(result)).toEqual([{ type: 'text', text: 'slept 300' }]);
});

test('progress begins the deadline anew [channels.progress-deadline]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  await gateway.knows('u::progress');
  const options = { rest: { timeoutMs: 500 }, onProgress: () => {} };
  expect(textOf(await gateway.invoke('u::progress', { steps: 8, ms: 200 }, options))).toBe('done after 8');
  expect(errorOf(await gateway.invoke('u::progress', { steps: 2, ms: 60_000 }, options))).toMatch(/500 ms/);
});

test.each(['v1', 'v2', 'v2-modern'] as const)(
  '%s: the deadline stands still while the client is asked [channels.question-deadline]',
  async (client) => {
    const { call } = await throughGateway(client, local(), 'ask');
    const question = {
      method: 'elicitation/create',
      params: { mode: 'form', message: 'ponder', requestedSchema: { type: 'object', properties: {} } },
    };
    const result = await call('ask', { rounds: [{ q: question }] }, { rest: { timeoutMs: 400 } });
    expect(textOf(result)).toContain('accept');
  },
);
