import { expect, test, vi } from 'vitest';
import type { RunJob } from '../../../../src/broker/jobs/job.ts';
import { type JobLimits, Jobs } from '../../../../src/broker/jobs/jobs.ts';
import type { ToolResult } from '../../../../src/core/call.ts';
import { GatewayError } from '../../../../src/core/errors.ts';

const LIMITS: JobLimits = { concurrency: 1, maxQueued: 100, retentionMs: 1000, maxRecords: 100, maxBytes: 1_000_000 };
const LABEL = { tool: 's::t' };
const never = () => new AbortController().signal;
const LONG_MS = 60_000;

const text = (value: string): ToolResult => ({ content: [{ type: 'text', text: value }] });
const returning =
  (result: unknown): RunJob =>
  async () =>
    result as ToolResult; // also what no upstream should send

function deferred() {
  let resolve: (result: ToolResult) => void = () => {};
  const promise = new Promise<ToolResult>((done) => {
    resolve = done;
  });
  return { run: () => promise, resolve };
}

const untilAborted: RunJob = (signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
  return undefined;
}

test('runs higher priorities first and equal ones in order, one at a time', async () => {
  const jobs = new Jobs(() => LIMITS);
  const blocker = deferred();
  const order: string[] = [];
  jobs.submit('me', LABEL, 0, blocker.run);
  const submitted = (
    [
      ['a', 0],
      ['b', 5],
      ['c', 0],
      ['d', 5],
      ['e', -1],
    ] as const
  ).map(([name, priority]) =>
    jobs.submit('me', LABEL, priority, async () => {
      order.push(name);
      return text(name);
    }),
  );
  expect(submitted.map((job) => jobs.position(job))).toEqual([3, 1, 4, 2, 5]);
  blocker.resolve(text('done'));
  await Promise.all(submitted.map(({ jobId }) => jobs.wait(jobId, 'me', LONG_MS, never())));
  expect(order).toEqual(['b', 'd', 'a', 'c', 'e']);
});

test('runs as many at a time as allowed', async () => {
  const jobs = new Jobs(() => ({ ...LIMITS, concurrency: 3 }));
  let running = 0;
  let most = 0;
  const ids = Array.from({ length: 12 }, () =>
    jobs.submit('me', LABEL, 0, async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return text('ok');
    }),
  );
  await Promise.all(ids.map(({ jobId }) => jobs.wait(jobId, 'me', LONG_MS, never())));
  expect(most).toBe(3);
});

test('a job tells its owner, tool, times, progress and result', async () => {
  let time = 10;
  const jobs = new Jobs(() => LIMITS, { now: () => time });
  const { run, resolve } = deferred();
  const { jobId } = jobs.submit('me', LABEL, 7, (_signal, onProgress) => {
    onProgress({ progress: 1, total: 2 });
    return run();
  });
  expect(jobId).toMatch(/^job_[0-9a-f]{32}$/);
  expect(jobs.status(jobId, 'me')).toMatchObject({ status: 'running', progress: { progress: 1, total: 2 } });
  expect(jobs.position(jobs.status(jobId, 'me'))).toBeUndefined();
  time = 30;
  resolve(text('hello'));
  const ended = await jobs.wait(jobId, 'me', LONG_MS, never());
  expect(ended).toEqual({
    jobId,
    owner: 'me',
    tool: 's::t',
    priority: 7,
    status: 'completed',
    timings: { submittedAt: 10, startedAt: 10, endedAt: 30 },
    result: text('hello'),
  });
});

test('refuses with QUEUE_FULL beyond the limit, never while there is room to run', async () => {
  const jobs = new Jobs(() => ({ ...LIMITS, maxQueued: 1 }));
  jobs.submit('me', LABEL, 0, untilAborted);
  const queued = jobs.submit('me', LABEL, 0, untilAborted);
  expect(queued.status).toBe('queued');
  expect(() => jobs.submit('me', LABEL, 9, untilAborted)).toThrow(/queue is full: 1 wait.*jobs\.maxQueued/);
  expect(codeOf(() => jobs.submit('me', LABEL, 9, untilAborted))).toBe('QUEUE_FULL');
  jobs.cancel(queued.jobId, 'me');
  expect(jobs.submit('me', LABEL, 0, untilAborted).status).toBe('queued');
  expect(new Jobs(() => ({ ...LIMITS, maxQueued: 0 })).submit('me', LABEL, 0, untilAborted).status).toBe('running');
});

test('another owner sees the same as for an unknown job, and a long id is not echoed', () => {
  const jobs = new Jobs(() => LIMITS);
  const { jobId } = jobs.submit('me', LABEL, 0, untilAborted);
  for (const attempt of [() => jobs.status(jobId, 'you'), () => jobs.cancel(jobId, 'you')]) {
    expect(codeOf(attempt)).toBe('JOB_NOT_FOUND');
  }
  expect(() => jobs.status('x'.repeat(1_000_000), 'me')).toThrow(/^.{1,300}$/);
  expect(codeOf(() => jobs.status('__proto__', 'me'))).toBe('JOB_NOT_FOUND');
  expect(jobs.status(jobId, 'me').status).toBe('running');
});

test('job_status waits no longer than asked', async () => {
  const jobs = new Jobs(() => LIMITS);
  const { jobId } = jobs.submit('me', LABEL, 0, untilAborted);
  const gaveUp = new AbortController();
  const waiting = jobs.wait(jobId, 'me', LONG_MS, gaveUp.signal);
  gaveUp.abort();
  expect((await waiting).status).toBe('running');
  expect((await jobs.wait(jobId, 'me', LONG_MS, AbortSignal.abort())).status).toBe('running');
  expect((await jobs.wait(jobId, 'me', 1, never())).status).toBe('running');
  expect((await jobs.wait(jobId, 'me', 0, never())).status).toBe('running');
  await expect(jobs.wait(jobId, 'you', 0, never())).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
});

test('a cancelled job ends at once: queued never runs, running is aborted and frees its place, ended is unchanged', async () => {
  const jobs = new Jobs(() => LIMITS);
  let aborted = false;
  let ran = false;
  const late = deferred();
  const running = jobs.submit('me', LABEL, 0, (signal) => {
    signal.addEventListener('abort', () => {
      aborted = true;
    });
    return late.run();
  });
  const queued = jobs.submit('me', LABEL, 0, async () => {
    ran = true;
    return text('no');
  });
  const next = jobs.submit('me', LABEL, 0, returning(text('next')));
  const waiting = jobs.wait(running.jobId, 'me', LONG_MS, never());
  expect(jobs.cancel(queued.jobId, 'me').status).toBe('cancelled');
  expect(jobs.cancel(running.jobId, 'me').status).toBe('cancelled');
  expect(aborted).toBe(true);
  expect((await waiting).status).toBe('cancelled');
  expect((await jobs.wait(next.jobId, 'me', LONG_MS, never())).status).toBe('completed');
  late.resolve(text('too late'));
  await jobs.settle();
  expect(ran).toBe(false);
  expect(jobs.cancel(running.jobId, 'me')).not.toHaveProperty('result');
  expect(jobs.cancel(next.jobId, 'me').status).toBe('completed');
});

test('whatever a call does becomes the state of its job, and no unhandled rejection', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const jobs = new Jobs(() => LIMITS);
  const cyclic: { [key: string]: unknown } = {};
  cyclic.self = cyclic;
  const fates: [RunJob, object][] = [
    [returning({ content: [], isError: true }), { status: 'failed', result: { content: [], isError: true } }],
    [
      () => Promise.reject(new GatewayError('TIMEOUT', 'too slow')),
      { status: 'failed', error: { code: 'TIMEOUT', message: 'too slow' } },
    ],
    [() => Promise.reject('secret'), { status: 'failed', error: { code: 'INTERNAL' } }],
    [() => Promise.reject(undefined), { status: 'failed', error: { code: 'INTERNAL' } }],
    [
      () => {
        throw new Error('secret');
      },
      { status: 'failed', error: { code: 'INTERNAL' } },
    ],
    [returning(undefined), { status: 'failed', error: { code: 'INTERNAL' } }],
    [returning(cyclic), { status: 'failed', error: { code: 'UPSTREAM_ERROR' } }],
    [returning({ n: 1n }), { status: 'failed', error: { code: 'UPSTREAM_ERROR' } }],
  ];
  for (const [run, fate] of fates) {
    const { jobId } = jobs.submit('me', LABEL, 0, run);
    const job = await jobs.wait(jobId, 'me', LONG_MS, never());
    expect(job).toMatchObject(fate);
    expect(JSON.stringify(job)).not.toContain('secret');
  }
  const deaf = jobs.submit('me', LABEL, 0, () => new Promise(() => {}));
  jobs.cancel(deaf.jobId, 'me');
  await new Promise(setImmediate);
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

async function finish(jobs: Jobs, result: ToolResult): Promise<string> {
  const { jobId } = jobs.submit('me', LABEL, 0, returning(result));
  await jobs.wait(jobId, 'me', LONG_MS, never());
  return jobId;
}

const known = (jobs: Jobs, ids: readonly string[]) =>
  ids.map((id) => codeOf(() => jobs.status(id, 'me')) === undefined);

test('ended jobs are forgotten after the retention, live ones never', async () => {
  let time = 0;
  const jobs = new Jobs(() => LIMITS, { now: () => time });
  const first = await finish(jobs, text('1'));
  time = 600;
  const second = await finish(jobs, text('2'));
  const live = jobs.submit('me', LABEL, 0, untilAborted).jobId;
  time = 999;
  expect(known(jobs, [first, second, live])).toEqual([true, true, true]);
  time = 1000;
  expect(known(jobs, [first, second, live])).toEqual([false, true, true]);
  time = 1_000_000;
  expect(known(jobs, [first, second, live])).toEqual([false, false, true]);
});

test('ended jobs are bounded in number and bytes, oldest first; the latest always stays', async () => {
  const few = new Jobs(() => ({ ...LIMITS, maxRecords: 2 }));
  const byNumber = [await finish(few, text('1')), await finish(few, text('2')), await finish(few, text('3'))];
  expect(known(few, byNumber)).toEqual([false, true, true]);

  const small = new Jobs(() => ({ ...LIMITS, maxBytes: 3000 }));
  const big = text('x'.repeat(1000));
  const byBytes = [await finish(small, big), await finish(small, big), await finish(small, big)];
  expect(known(small, byBytes)).toEqual([false, true, true]);
  const huge = await finish(small, text('x'.repeat(10_000)));
  expect(known(small, [...byBytes, huge])).toEqual([false, false, false, true]);
  expect(known(small, [huge, await finish(small, text('small'))])).toEqual([false, true]);
});

test('settle cancels what waits, aborts what runs, releases waiters and refuses more', async () => {
  const jobs = new Jobs(() => LIMITS);
  const running = jobs.submit('me', LABEL, 0, untilAborted);
  let ran = false;
  const queued = jobs.submit('me', LABEL, 0, async () => {
    ran = true;
    return text('no');
  });
  const waits = [running, queued].map(({ jobId }) => jobs.wait(jobId, 'me', LONG_MS, never()));
  await jobs.settle();
  expect((await Promise.all(waits)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  expect(ran).toBe(false);
  expect(codeOf(() => jobs.submit('me', LABEL, 0, untilAborted))).toBe('CANCELLED');
  await jobs.settle();
});

test('settle waits for calls that end late', async () => {
  const jobs = new Jobs(() => LIMITS);
  const { run, resolve } = deferred();
  jobs.submit('me', LABEL, 0, run);
  let settled = false;
  const settling = jobs.settle().then(() => {
    settled = true;
  });
  await new Promise(setImmediate);
  expect(settled).toBe(false);
  resolve(text('late'));
  await settling;
});

/** Several callers, of whom `mallory` is quick. */
function sharedJobs(limits: Partial<JobLimits> = {}) {
  return new Jobs(() => ({ ...LIMITS, ...limits }), { isShared: () => true });
}

test('one caller, with whatever priority, takes neither all places nor all turns [shares.jobs]', async () => {
  const jobs = sharedJobs({ concurrency: 3, maxQueued: 8 });
  const running = ['s1', 's2'].map((session) => jobs.submit(`mallory\n${session}`, LABEL, 1e9, untilAborted));
  let refused: string | undefined;
  const waiting = [];
  while (refused === undefined && waiting.length < 100)
    refused = codeOf(() => waiting.push(jobs.submit(`mallory\n${waiting.length}`, LABEL, 1e9, untilAborted)));
  expect([running.map(({ status }) => status), waiting.length, refused]).toEqual([
    ['running', 'running'],
    6,
    'QUEUE_FULL',
  ]);
  const own = jobs.submit('alice', LABEL, 0, untilAborted);
  const next = jobs.submit('alice', LABEL, 0, untilAborted);
  expect([own.status, next.status, jobs.position(next)]).toEqual(['running', 'queued', 2]);
  jobs.cancel(own.jobId, 'alice');
  const ended = await jobs.wait(next.jobId, 'alice', 0, never());
  expect(ended.status).toBe('running');
  await jobs.settle();
});

test('one caller alone has every place and every turn [shares.jobs]', () => {
  const jobs = new Jobs(() => ({ ...LIMITS, concurrency: 3, maxQueued: 5 }));
  const all = Array.from({ length: 8 }, () => jobs.submit('me', LABEL, 0, untilAborted).status);
  expect(all.filter((status) => status === 'running')).toHaveLength(3);
  expect(codeOf(() => jobs.submit('me', LABEL, 0, untilAborted))).toBe('QUEUE_FULL');
});

test.each([
  ['number', { maxRecords: 10 }, 'x'],
  ['bytes', { maxBytes: 20_000 }, 'x'.repeat(2_000)],
])('ended jobs of others outlive those of a caller with many, by %s [shares.jobs]', async (_, limits, result) => {
  const jobs = sharedJobs({ concurrency: 10, ...limits });
  const end = async (owner: string) => {
    const { jobId } = jobs.submit(owner, LABEL, 0, returning(text(result)));
    await jobs.wait(jobId, owner, LONG_MS, never());
    return jobId;
  };
  const own = await end('alice');
  for (let index = 0; index < 60; index++) await end(`mallory\n${index % 7}`);
  expect(jobs.status(own, 'alice').status).toBe('completed');
});

test('nothing that waits begins while all are ended [shares.jobs]', async () => {
  const jobs = new Jobs(() => LIMITS);
  let begun = 0;
  for (let index = 0; index < 5; index++)
    jobs.submit('me', LABEL, 0, (signal, onProgress) => {
      begun++;
      return untilAborted(signal, onProgress);
    });
  jobs.cancelAll('me');
  await new Promise(setImmediate);
  expect(begun).toBe(1);
  jobs.submit('me', LABEL, 0, untilAborted);
  jobs.submit('me', LABEL, 0, untilAborted);
  await jobs.settle();
  expect(begun).toBe(1);
});
