import { MAX_TIMER_MS, type Signal } from '../../core/abort.ts';
import type { JobObserver } from '../../core/call.ts';
import type { Progress } from '../../core/rpc.ts';
import type { FairPlace } from './fair-line.ts';
import type { Job, RunJob } from './job.ts';

/** A job that has not ended; `abort` ends its call. */
export interface LiveJob {
  job: Job;
  readonly abort: AbortController;
  readonly waiters: Set<() => void>;
  readonly observer: JobObserver | undefined;
  /** Its place in the queue; absent: it never waited. */
  place?: FairPlace<Waiting>;
  /** Frees its place among the running jobs; absent: it takes none. */
  release?: () => void;
}

/** A job in the queue, with its call. */
export interface Waiting {
  readonly live: LiveJob;
  readonly run: RunJob;
}

/** Keeps the latest progress of a job, unless it has ended. */
export function reportProgress(live: LiveJob, progress: Progress): void {
  if (live.job.status === 'running') live.job = { ...live.job, progress };
}

/** Resolves when the job has ended, after `waitMs`, or when the signal aborts. */
export function waitForEnd(live: LiveJob, waitMs: number, signal: Signal): Promise<void> {
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
