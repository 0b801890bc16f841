import { expect, test } from 'vitest';
import { blocks, errorOf, textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

test('invoke_async answers a ticket; job_status the record and the native result [async.submit, status.record, status.native-result]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const ticket = await gateway.invokeAsync('u::image');
  expect(ticket).toMatchObject({ jobId: expect.any(String), status: expect.stringMatching(/queued|running/) });
  const { record, result } = await gateway.jobStatus(ticket.jobId, { waitMs: 20_000 });
  expect(record).toMatchObject({ jobId: ticket.jobId, status: 'completed', timings: expect.any(Object) });
  expect(blocks(result).map(({ type }) => type)).toEqual(['image', 'audio', 'resource_link', 'resource', 'text']);
  expect(result).toMatchObject({ _meta: { 'fixture/result': true } });
});

test('structuredContent and isError of a finished job are the upstream’s [status.native-result]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const weather = await gateway.invokeAsync('u::structured', { city: 'Oslo' });
  expect((await gateway.jobStatus(weather.jobId, { waitMs: 20_000 })).result).toMatchObject({
    structuredContent: { city: 'Oslo', celsius: 21 },
  });
  const failing = await gateway.invokeAsync('u::fail', { text: 'no luck' });
  const failed = await gateway.jobStatus(failing.jobId, { waitMs: 20_000 });
  expect(failed.record.status).toBe('failed');
  expect(failed.result.isError).toBe(true);
  expect(textOf(failed.result)).toBe('no luck');
  const refused = await gateway.invokeAsync('u::protocol_error');
  expect((await gateway.jobStatus(refused.jobId, { waitMs: 20_000 })).record).toMatchObject({
    status: 'failed',
    error: expect.anything(),
  });
});

test('three jobs run at a time, the others wait in their places [async.concurrency]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }) } });
  const tickets = [];
  for (let n = 0; n < 5; n++) tickets.push(await gateway.invokeAsync('u::hang', { n }));
  await waitUntil(() => events('call').length === 3);
  const records = await Promise.all(tickets.map(async ({ jobId }) => (await gateway.jobStatus(jobId)).record));
  expect(records.map(({ status }) => status)).toEqual(['running', 'running', 'running', 'queued', 'queued']);
  expect(records.slice(3).map(({ position }) => position)).toEqual([1, 2]);
});

test('priority goes first, then the order of arrival; the number at a time is configurable [async.priority, async.concurrency]', async () => {
  const { file, events } = journal();
  const config = { $gateway: { jobs: { concurrency: 1 } }, u: local({ journal: file }) };
  const gateway = await startGateway({ config });
  const blocker = await gateway.invokeAsync('u::hang');
  await waitUntil(() => events('call').length === 1);
  const order = [
    ['low', -1],
    ['first', 0],
    ['second', 0],
    ['urgent', 5],
  ] as const;
  const tickets = [];
  for (const [text, priority] of order) tickets.push(await gateway.invokeAsync('u::echo', { text }, { priority }));
  await gateway.jobStatus(blocker.jobId, { cancel: true });
  await Promise.all(tickets.map(({ jobId }) => gateway.jobStatus(jobId, { waitMs: 20_000 })));
  const ran = events('call').map(({ args }) => (args as { text?: string }).text);
  expect(ran).toEqual([undefined, 'urgent', 'first', 'second', 'low']);
});

test('more waiting jobs than configured are refused [async.bound]', async () => {
  const config = { $gateway: { jobs: { concurrency: 1, maxQueued: 1 } }, u: local() };
  const gateway = await startGateway({ config });
  await gateway.invokeAsync('u::hang');
  await gateway.invokeAsync('u::hang');
  expect(errorOf(await gateway.call('invoke_async', { id: 'u::hang' }))).toMatch(/queue|waiting/i);
});

test('an unknown tool fails at once, an unknown job too [async.unknown, status.unknown]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  expect(errorOf(await gateway.call('invoke_async', { id: 'u::ecko' }))).toContain('u::echo');
  expect(errorOf(await gateway.call('job_status', { jobId: 'no-such-job' }))).toContain('no-such-job');
});

test('progress of a running job is in its record [status.record]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const { jobId } = await gateway.invokeAsync('u::progress', { steps: 50, ms: 100 });
  const progress = async () => (await gateway.jobStatus(jobId)).record.progress;
  expect(await waitUntil(progress)).toMatchObject({ total: 50, message: expect.stringContaining('of 50') });
  await gateway.jobStatus(jobId, { cancel: true });
});

test('waitMs answers when the job ends, and is bounded [status.wait]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const { jobId } = await gateway.invokeAsync('u::sleep', { ms: 300 });
  expect((await gateway.jobStatus(jobId, { waitMs: 1 })).record.status).toMatch(/running|queued/);
  expect((await gateway.jobStatus(jobId, { waitMs: 50_000 })).record.status).toBe('completed');
  expect(errorOf(await gateway.call('job_status', { jobId, waitMs: 50_001 }))).toMatch(/waitMs/);
});

test('cancel ends running and waiting jobs, and reaches the upstream [status.cancel]', async () => {
  const { file, events } = journal();
  const config = { $gateway: { jobs: { concurrency: 1 } }, u: local({ journal: file }) };
  const gateway = await startGateway({ config });
  const running = await gateway.invokeAsync('u::sleep', { ms: 60_000 });
  const waiting = await gateway.invokeAsync('u::sleep', { ms: 60_001 });
  await waitUntil(() => events('call').length === 1);
  for (const { jobId } of [waiting, running]) {
    await gateway.jobStatus(jobId, { cancel: true });
    expect((await gateway.jobStatus(jobId, { waitMs: 10_000 })).record.status).toBe('cancelled');
  }
  await waitUntil(() => events('cancelled').length === 1);
  expect(events('call')).toHaveLength(1);
});

test('finished records are bounded in number, oldest first [status.bounded]', async () => {
  const config = { $gateway: { jobs: { maxRecords: 2 } }, u: local() };
  const gateway = await startGateway({ config });
  const ids = [];
  for (let n = 0; n < 3; n++) {
    const { jobId } = await gateway.invokeAsync('u::echo', { n });
    await gateway.jobStatus(jobId, { waitMs: 20_000 });
    ids.push(jobId);
  }
  expect(errorOf(await gateway.call('job_status', { jobId: ids[0] ?? '' }))).toContain(ids[0]);
  for (const jobId of ids.slice(1)) expect((await gateway.jobStatus(jobId)).record.status).toBe('completed');
});
