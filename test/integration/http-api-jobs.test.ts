import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { documented } from '../helpers/clients/open-api.ts';
import { callers, startRestApi } from '../helpers/gateway/rest-api.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

test('a job is taken on with 202 and a Location, where its result is waited for [http.api-jobs]', async () => {
  const api = await startRestApi({ u: local() });
  const answer = await api.request('/jobs', { json: { tool: 'add', arguments: { a: 1, b: 2 }, priority: 3 } });
  expect(answer.status).toBe(202);
  const location = answer.headers.get('location') ?? '';
  const job = await documented(api, 'post', '/jobs', answer);
  expect(location).toBe(`/api/v1/jobs/${job.jobId}`);
  expect(job).toMatchObject({ tool: 'u::add', priority: 3, timings: { submittedAt: expect.any(Number) } });
  expect(job).not.toHaveProperty('owner');
  const ended = await api.request(`${location.replace('/api/v1', '')}?waitMs=20000`);
  expect(await documented(api, 'get', '/jobs/{id}', ended)).toMatchObject({
    jobId: job.jobId,
    status: 'completed',
    result: { content: [{ type: 'text', text: '3' }] },
    timings: { endedAt: expect.any(Number) },
  });
});

test('a job that fails says why, or has the error of its tool as the result [http.api-jobs]', async () => {
  const api = await startRestApi({ u: local() });
  const ended = async (tool: string) => {
    const { jobId } = await api.json('/jobs', { json: { tool } }, 202);
    return documented(api, 'get', '/jobs/{id}', await api.request(`/jobs/${jobId}?waitMs=20000`));
  };
  expect(await ended('u::fail')).toMatchObject({ status: 'failed', result: { isError: true } });
  expect(await ended('u::protocol_error')).toMatchObject({ status: 'failed', error: { code: 'UPSTREAM_ERROR' } });
});

test('jobs wait in their places and are cancelled, queued or running [http.api-jobs]', async () => {
  const { file, events } = journal();
  const api = await startRestApi({ u: local({ journal: file }) }, { jobs: { concurrency: 1, maxQueued: 1 } });
  const json = { tool: 'u::sleep', arguments: { ms: 600_000 } };
  const running = await api.json('/jobs', { json }, 202);
  await waitUntil(() => events('call').length === 1);
  const queued = await api.json('/jobs', { json }, 202);
  expect(queued).toMatchObject({ status: 'queued', position: 1 });
  const full = await api.request('/jobs', { json });
  expect(full.status).toBe(503);
  expect((await documented(api, 'post', '/jobs', full)).code).toBe('QUEUE_FULL');
  const cancel = async ({ jobId }: JsonObject) => {
    const answer = await api.request(`/jobs/${jobId}`, { method: 'DELETE' });
    return documented(api, 'delete', '/jobs/{id}', answer);
  };
  expect(await cancel(queued)).toMatchObject({ jobId: queued.jobId, status: 'cancelled' });
  expect(await cancel(running)).toMatchObject({ status: 'cancelled' });
  await waitUntil(() => events('cancelled').length === 1, { what: 'the server is told' });
  expect(await cancel(running)).toMatchObject({ status: 'cancelled' });
  expect(events('call')).toHaveLength(1);
  expect((await api.json('/requests?outcome=QUEUE_FULL')).requests).toMatchObject([{ tool: 'u::sleep' }]);
});

test('the job of a caller does not exist for another one [http.api-job-owner]', async () => {
  const api = await startRestApi({ u: local() }, callers({ alice: [], bob: ['admin'] }));
  const { jobId } = await api.json('/jobs', { json: { tool: 'u::hang' }, caller: 'alice' }, 202);
  const path = `/jobs/${jobId}`;
  for (const method of ['GET', 'DELETE']) {
    const foreign = await api.json(path, { method, caller: 'bob' }, 404);
    const unknown = await api.json('/jobs/job_none', { method, caller: 'bob' }, 404);
    expect(foreign.code).toBe('JOB_NOT_FOUND');
    expect(foreign.detail).toBe(String(unknown.detail).replace('job_none', String(jobId)));
  }
  expect(await api.json(path, { caller: 'alice' })).toMatchObject({ status: 'running' });
});

test('a client that hangs up while it waits leaves the job running [http.api-jobs]', async () => {
  const { file, events } = journal();
  const api = await startRestApi({ u: local({ journal: file }) });
  const { jobId } = await api.json('/jobs', { json: { tool: 'u::sleep', arguments: { ms: 600_000 } } }, 202);
  await waitUntil(() => events('call').length === 1);
  const abort = new AbortController();
  const waiting = api.json(`/jobs/${jobId}?waitMs=50000`, { signal: abort.signal });
  abort.abort();
  expect(await waiting).toMatchObject({ status: 'running' });
  expect(await api.json(`/jobs/${jobId}`)).toMatchObject({ status: 'running' });
  expect(events('cancelled')).toEqual([]);
});
