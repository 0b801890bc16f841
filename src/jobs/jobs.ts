import { randomUUID } from 'node:crypto';
import PQueue from 'p-queue';
import { MAX_TIMER_MS, type Signal } from '../core/abort.ts';
import type { Progress, ToolResult } from '../core/call.ts';
import { clip, GatewayError } from '../core/errors.ts';
import { FinishedJobs } from './finished-jobs.ts';
import type { Job, JobOutcome } from './job.ts';
import { type Place, WaitingLine } from './waiting-line.ts';

export interface JobLimits {
  /** Jobs running at the same time. */
  readonly concurrency: number;
  /** Jobs waiting to run; more are refused. */
  readonly maxQueued: number;
  /** How long a job is remembered after it ended. */
  readonly retentionMs: number;
  /** Ended jobs remembered at most, oldest forgotten first. */
  readonly maxRecords: number;
  /** Bytes of JSON that the results of ended jobs may take together; the latest is kept even if it alone takes more. */
  readonly maxBytes: number;
}

/** The call that a job makes: must end soon after the signal is aborted. */
export type RunJob = (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<ToolResult>;

/** A call that runs already, and what it takes to end it. */
export interface RunningCall {
  /** Epoch ms. */
  readonly startedAt: number;
  readonly abort: AbortController;
  readonly execution: Promise<ToolResult>;
}

/** A job that has not ended, and what it takes to end it. */
interface LiveJob {
  job: Job;
  readonly abort: AbortController;
  readonly waiters: Set<() => void>;
  /** Absent: it never waited. */
  readonly place?: Place;
}

/** Background calls: ordered and limited by p-queue, remembered for a while after they ended. */
export class Jobs {
  /** Hears of each job that has ended. */
  onEnded: (job: Job) => void = () => {};

  readonly #limits: JobLimits;
  readonly #now: () => number;
  readonly #queue: PQueue;
  readonly #finished: FinishedJobs;
  /** The queued ones, since the queue itself does not tell where one stands. */
  readonly #line = new WaitingLine();
  /** In the order of submission. */
  readonly #live = new Map<string, LiveJob>();
  readonly #executions = new Set<Promise<void>>();
  #settling = false;

  constructor(limits: JobLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
    this.#queue = new PQueue({ concurrency: limits.concurrency });
    this.#finished = new FinishedJobs(limits, now);
  }

  /**
   * Queues a call, higher priority first and in order within one; `running` already if there was room. Throws
   * `QUEUE_FULL` when too many wait, `CANCELLED` during shutdown. With a `jobId` it is the job of that id.
   */
  submit(
    owner: string,
    { tool, jobId = newId() }: { tool: string; jobId?: string | undefined },
    priority: number,
    run: RunJob,
  ): Job {
    this.#refuseIfUnable();
    const timings = { submittedAt: this.#now() };
    const live: LiveJob = {
      job: { jobId, owner, tool, priority, timings, status: 'queued' },
      abort: new AbortController(),
      waiters: new Set(),
      place: this.#line.join(priority),
    };
    this.#live.set(jobId, live);
    // Rejects only when aborted: then the job has been ended already, and the place in the queue is free.
    this.#queue.add(() => this.#start(live, run), { priority, signal: live.abort.signal }).catch(() => {});
    return live.job;
  }

  /**
   * Takes over a call that runs already: a running job outside of the queue. `abort` ends the call; `progress` is to be
   * called with the progress that it makes from now on.
   */
  adopt(
    owner: string,
    { tool }: { tool: string },
    call: RunningCall,
  ): { job: Job; progress: (progress: Progress) => void } {
    const timings = { submittedAt: call.startedAt, startedAt: call.startedAt };
    const job: Job = { jobId: newId(), owner, tool, priority: 0, timings, status: 'running' };
    const live: LiveJob = { job, abort: call.abort, waiters: new Set() };
    this.#live.set(job.jobId, live);
    this.#track(live, () => call.execution);
    return { job, progress: (progress) => report(live, progress) };
  }

  /** Takes down a job of which nothing is known any more but that there was one: failed, for that reason. */
  lose(owner: string, { tool, jobId }: { tool: string; jobId: string }, message: string): void {
    const timings = { submittedAt: this.#now(), endedAt: this.#now() };
    const error = { code: 'UPSTREAM_UNAVAILABLE' as const, message };
    this.#finished.add({ jobId, owner, tool, priority: 0, timings, status: 'failed', error });
  }

  /** The job now. Throws `JOB_NOT_FOUND` when unknown, forgotten or someone else's: these look the same. */
  status(jobId: string, owner: string): Job {
    const job = this.#live.get(jobId)?.job ?? this.#finished.get(jobId);
    if (job?.owner !== owner) throw notFound(jobId);
    return job;
  }

  /** Place in the queue, 1 = next; undefined unless the job is queued. */
  position({ jobId }: Job): number | undefined {
    const place = this.#live.get(jobId)?.place;
    return place && this.#line.position(place);
  }

  /** The job as soon as it has ended, or as it is after `waitMs` or when the signal is aborted. */
  async wait(jobId: string, owner: string, waitMs: number, signal: Signal): Promise<Job> {
    const job = this.status(jobId, owner);
    const live = this.#live.get(jobId);
    if (!live) return job;
    await ended(live, waitMs, signal);
    return live.job;
  }

  /** Ends a job as `cancelled`: a queued one never runs, a running one is aborted. An ended one stays as it is. */
  cancel(jobId: string, owner: string): Job {
    const job = this.status(jobId, owner);
    const live = this.#live.get(jobId);
    if (!live) return job;
    this.#cancel(live, 'The job was cancelled by its caller.');
    return live.job;
  }

  /** Whether any job of that owner has not ended. */
  hasLive(owner: string): boolean {
    for (const { job } of this.#live.values()) if (job.owner === owner) return true;
    return false;
  }

  /** Ends all jobs of an owner that nobody can ask after any more. */
  cancelAll(owner: string): void {
    for (const live of [...this.#live.values()])
      if (live.job.owner === owner) this.#cancel(live, 'The session of the job has ended.');
  }

  /** How many jobs wait, and how many run. */
  get counts(): { readonly queued: number; readonly running: number } {
    const running = [...this.#live.values()].filter(({ job }) => job.status === 'running').length;
    return { queued: this.#live.size - running, running };
  }

  /** Shutdown: refuses further jobs, cancels all, and resolves when those that ran have returned. */
  async settle(): Promise<void> {
    this.#settling = true;
    for (const live of [...this.#live.values()]) this.#cancel(live, 'The gateway is shutting down.');
    await Promise.all(this.#executions);
  }

  #refuseIfUnable(): void {
    if (this.#settling) throw new GatewayError('CANCELLED', 'the gateway is shutting down and takes no more jobs.');
    const { maxQueued, concurrency } = this.#limits;
    if (this.#queue.pending < concurrency || this.#queue.size < maxQueued) return;
    throw new GatewayError(
      'QUEUE_FULL',
      `the job queue is full: ${maxQueued} wait already (limit: jobs.maxQueued). Try again when one has ended, or cancel one with job_status.`,
      { details: { maxQueued } },
    );
  }

  #start(live: LiveJob, run: RunJob): Promise<void> {
    if (live.place) this.#line.leave(live.place);
    const timings = { ...live.job.timings, startedAt: this.#now() };
    live.job = { ...live.job, status: 'running', timings } as Job; // a queued job has nothing that a running one lacks
    return this.#track(live, run);
  }

  #track(live: LiveJob, run: RunJob): Promise<void> {
    const execution = this.#execute(live, run).finally(() => this.#executions.delete(execution));
    this.#executions.add(execution);
    return execution;
  }

  async #execute(live: LiveJob, run: RunJob): Promise<void> {
    try {
      const result = await run(live.abort.signal, (progress) => report(live, progress));
      this.#end(live, { status: result.isError === true ? 'failed' : 'completed', result });
    } catch (error) {
      this.#end(live, { status: 'failed', error: failureOf(error) });
    }
  }

  #cancel(live: LiveJob, reason: string): void {
    this.#end(live, { status: 'cancelled' });
    live.abort.abort(new GatewayError('CANCELLED', reason));
  }

  #end(live: LiveJob, outcome: JobOutcome): void {
    const { jobId, owner, tool, priority, timings } = live.job;
    // A cancelled job has ended; what its call returns later is of no interest.
    if (!this.#live.has(jobId)) return;
    if (live.place) this.#line.leave(live.place);
    live.job = { jobId, owner, tool, priority, timings: { ...timings, endedAt: this.#now() }, ...outcome };
    this.#finished.add(live.job);
    this.#live.delete(jobId);
    for (const release of live.waiters) release();
    this.onEnded(live.job);
  }
}

function newId(): string {
  return `job_${randomUUID().replaceAll('-', '')}`;
}

function report(live: LiveJob, progress: Progress): void {
  if (live.job.status === 'running') live.job = { ...live.job, progress };
}

function ended(live: LiveJob, waitMs: number, signal: Signal): Promise<void> {
  return new Promise((resolve) => {
    const release = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', release);
      live.waiters.delete(release);
      resolve();
    };
    const timer = setTimeout(release, Math.min(waitMs, MAX_TIMER_MS)).unref();
    signal.addEventListener('abort', release);
    live.waiters.add(release);
    if (signal.aborted || waitMs <= 0) release();
  });
}

function failureOf(error: unknown): { code: GatewayError['code']; message: string } {
  if (error instanceof GatewayError) return { code: error.code, message: error.message };
  // Calls reject with GatewayError only, so this is a defect of ours, whose text is not for callers.
  return { code: 'INTERNAL', message: 'The gateway failed while running the job; its log says more.' };
}

function notFound(jobId: string): GatewayError {
  return new GatewayError(
    'JOB_NOT_FOUND',
    `no job "${clip(jobId, 60)}": check the jobId; ended jobs are forgotten after a while, sooner when there are many.`,
  );
}
