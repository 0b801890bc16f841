import { randomUUID } from 'node:crypto';
import type { Signal } from '../../core/abort.ts';
import { callerIdOf, type JobObserver } from '../../core/call.ts';
import { clip, GatewayError } from '../../core/errors.ts';
import { Places, shareOf } from '../../core/fair-shares.ts';
import type { Progress } from '../../core/rpc.ts';
import { unwritable } from '../../core/unwritable.ts';
import { FairLine } from './fair-line.ts';
import { FinishedJobs } from './finished-jobs.ts';
import type { HeldJob, Job, JobLabel, JobOutcome, RunJob, RunningCall } from './job.ts';
import { type LiveJob, reportProgress, type Waiting, waitForEnd } from './live-job.ts';

export interface JobLimits {
  /** Jobs running at the same time, beside those that were handed over. */
  readonly concurrency: number;
  /** Most jobs that wait to run; `submit` refuses more. */
  readonly maxQueued: number;
  /** Time for which a job is kept after it ended, in ms. */
  readonly retentionMs: number;
  /** Most ended jobs that are kept; the oldest is dropped first. */
  readonly maxRecords: number;
  /** Bytes of JSON that the results of ended jobs may take together; the latest is kept even if it alone takes more. */
  readonly maxBytes: number;
}

export interface JobsOptions {
  /** The time in epoch ms. */
  readonly now?: () => number;
  /** True if several callers may come, so that none may take every place; absent: there is one caller. */
  readonly isShared?: () => boolean;
  /** Observes all jobs. */
  readonly observer?: JobObserver;
}

/** Background calls: limited in number, with callers taking turns. Ended jobs are kept for a while. */
export class Jobs {
  readonly #limits: () => JobLimits;
  readonly #now: () => number;
  readonly #isShared: () => boolean;
  readonly #observer: JobObserver | undefined;
  readonly #finished: FinishedJobs;
  readonly #line = new FairLine<Waiting>();
  readonly #running: Places;
  /** In the order of submission. */
  readonly #live = new Map<string, LiveJob>();
  readonly #executions = new Set<Promise<void>>();
  #settling = false;

  /** Reads `limits` at each use, as they follow the settings. */
  constructor(limits: () => JobLimits, { now = Date.now, isShared = () => false, observer }: JobsOptions = {}) {
    this.#limits = limits;
    this.#now = now;
    this.#isShared = isShared;
    this.#observer = observer;
    this.#running = new Places(() => limits().concurrency, isShared);
    this.#finished = new FinishedJobs(limits, now);
  }

  /**
   * Queues a call: callers take turns, and priority orders the jobs of one caller. The returned job is `running`
   * already if there was room. Throws `QUEUE_FULL` when too many wait, `CANCELLED` during shutdown.
   */
  submit(owner: string, label: JobLabel, priority: number, run: RunJob): Job {
    this.#refuseIfUnable(callerIdOf(owner));
    const live = this.#add(newId(), owner, label, priority);
    this.#observer?.submitted?.(live.job);
    this.#queue(live, run);
    return live.job;
  }

  /**
   * Takes over a job of another daemon under its id. It has the status `queued`, and joins the queue when its call is
   * prepared. Calls `submitted` of the label's own observer only, as the job is not new.
   */
  hold(jobId: string, owner: string, label: JobLabel, priority: number): HeldJob {
    const live = this.#add(jobId, owner, label, priority);
    return {
      job: live.job,
      signal: live.abort.signal,
      queue: (run) => {
        if (!this.#live.has(jobId)) return;
        this.#refuseIfUnable(callerIdOf(owner));
        this.#queue(live, run);
      },
      fail: (error) => this.#end(live, { status: 'failed', error: failureOf(error) }),
    };
  }

  /**
   * Takes over a call that runs already, as a running job outside of the queue. `abort` ends the call; the caller
   * passes the call's further progress to `progress`.
   */
  adopt(
    owner: string,
    { tool, observer }: JobLabel,
    call: RunningCall,
  ): { job: Job; progress: (progress: Progress) => void } {
    const timings = { submittedAt: call.startedAt, startedAt: call.startedAt };
    const job: Job = { jobId: newId(), owner, tool, priority: 0, timings, status: 'running' };
    const live: LiveJob = { job, abort: call.abort, waiters: new Set(), observer };
    this.#live.set(job.jobId, live);
    observer?.submitted?.(job);
    this.#observer?.submitted?.(job);
    this.#track(live, () => call.execution);
    return { job, progress: (progress) => reportProgress(live, progress) };
  }

  /** Records a failed job with that message; only its id and tool are known. */
  lose(owner: string, { tool, jobId }: { tool: string; jobId: string }, message: string): void {
    const timings = { submittedAt: this.#now(), endedAt: this.#now() };
    const error = { code: 'UPSTREAM_UNAVAILABLE' as const, message };
    this.#finished.add({ jobId, owner, tool, priority: 0, timings, status: 'failed', error });
  }

  /**
   * Returns the job as it is now. Throws the same `JOB_NOT_FOUND` for an unknown, a forgotten and another owner's job.
   */
  status(jobId: string, owner: string): Job {
    const job = this.#live.get(jobId)?.job ?? this.#finished.get(jobId);
    if (job?.owner !== owner) throw notFound(jobId);
    return job;
  }

  /** Returns the place in the queue, 1 = next; undefined unless the job is queued. */
  position({ jobId }: Job): number | undefined {
    const place = this.#live.get(jobId)?.place;
    return place && this.#line.position(place);
  }

  /**
   * Resolves with the job as soon as it has ended; at the latest after `waitMs` or when the signal aborts, as it is
   * then.
   */
  async wait(jobId: string, owner: string, waitMs: number, signal: Signal): Promise<Job> {
    const job = this.status(jobId, owner);
    const live = this.#live.get(jobId);
    if (!live) return job;
    await waitForEnd(live, waitMs, signal);
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

  /** True if a job of that owner has not ended. */
  hasLive(owner: string): boolean {
    for (const { job } of this.#live.values()) if (job.owner === owner) return true;
    return false;
  }

  /** Cancels all jobs of an owner whose session has ended: no request can ask for them any more. */
  cancelAll(owner: string): void {
    for (const live of [...this.#live.values()])
      if (live.job.owner === owner) this.#cancel(live, 'The session of the job has ended.');
  }

  /** Called when the limits may have changed: starts the jobs for which there is room now. */
  limitsChanged(): void {
    this.#startNext();
  }

  /** Numbers of the jobs that wait and that run. */
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

  #add(jobId: string, owner: string, { tool, observer }: JobLabel, priority: number): LiveJob {
    const timings = { submittedAt: this.#now() };
    const job: Job = { jobId, owner, tool, priority, timings, status: 'queued' };
    const live: LiveJob = { job, abort: new AbortController(), waiters: new Set(), observer };
    this.#live.set(jobId, live);
    observer?.submitted?.(job);
    return live;
  }

  #queue(live: LiveJob, run: RunJob): void {
    const { owner, priority } = live.job;
    live.place = this.#line.join(callerIdOf(owner), priority, { live, run });
    this.#startNext();
  }

  #refuseIfUnable(caller: string): void {
    if (this.#settling) throw new GatewayError('CANCELLED', 'the gateway is shutting down and takes no more jobs.');
    const { maxQueued } = this.#limits();
    const waiting = this.#line.sizeOf(caller);
    if (this.#running.hasRoomFor(caller)) return;
    const others = this.#line.size - waiting;
    if (waiting < shareOf(maxQueued, { others, isShared: this.#isShared() })) return;
    const why =
      this.#line.size < maxQueued
        ? `${waiting} of yours wait already, and the rest is kept for others`
        : `${maxQueued} wait already`;
    throw new GatewayError(
      'QUEUE_FULL',
      `the job queue is full: ${why} (limit: jobs.maxQueued). Try again when one has ended, or cancel one with job_status.`,
      { details: { maxQueued } },
    );
  }

  #startNext(): void {
    while (!this.#settling) {
      const next = this.#line.take((caller) => this.#running.hasRoomFor(caller));
      if (!next) return;
      const { live, run } = next.item;
      const leave = this.#running.take(next.owner);
      live.release = () => {
        leave();
        // Deferred, because a caller that cancels one job may be about to cancel the next.
        queueMicrotask(() => this.#startNext());
      };
      const timings = { ...live.job.timings, startedAt: this.#now() };
      live.job = { ...live.job, status: 'running', timings } as Job; // a queued job has all members of a running one
      void this.#track(live, run).finally(live.release);
    }
  }

  #track(live: LiveJob, run: RunJob): Promise<void> {
    const execution = this.#execute(live, run).finally(() => this.#executions.delete(execution));
    this.#executions.add(execution);
    return execution;
  }

  async #execute(live: LiveJob, run: RunJob): Promise<void> {
    try {
      const result = await run(live.abort.signal, (progress) => reportProgress(live, progress));
      this.#end(live, { status: result.isError === true ? 'failed' : 'completed', result });
    } catch (error) {
      this.#end(live, { status: 'failed', error: failureOf(error) });
    }
  }

  #cancel(live: LiveJob, reason: string): void {
    this.#end(live, { status: 'cancelled' });
    live.abort.abort(new GatewayError('CANCELLED', reason));
    // The call may go on for a while, but it takes no place any more.
    live.release?.();
  }

  #end(live: LiveJob, outcome: JobOutcome): void {
    const { jobId, owner, tool, priority, timings } = live.job;
    // A cancelled job has ended already: the later result of its call is dropped.
    if (!this.#live.has(jobId)) return;
    if (live.place) this.#line.leave(live.place);
    const ended = { jobId, owner, tool, priority, timings: { ...timings, endedAt: this.#now() } };
    live.job = this.#store(ended, outcome);
    this.#live.delete(jobId);
    for (const release of live.waiters) release();
    live.observer?.ended?.(live.job);
    this.#observer?.ended?.(live.job);
  }

  /** Stores the ended job and returns it; a job whose result cannot be written as JSON is stored as failed. */
  #store(ended: Omit<Job, 'status'>, outcome: JobOutcome): Job {
    const job = { ...ended, ...outcome };
    try {
      this.#finished.add(job);
      return job;
    } catch (error) {
      const message = `The result of the tool cannot be written as JSON: ${unwritable(error)}.`;
      const failed: Job = { ...ended, status: 'failed', error: { code: 'UPSTREAM_ERROR', message } };
      this.#finished.add(failed);
      return failed;
    }
  }
}

function newId(): string {
  return `job_${randomUUID().replaceAll('-', '')}`;
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
