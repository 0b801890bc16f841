import type { JobObserver, ToolResult } from '../../core/call.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { Progress } from '../../core/rpc.ts';

/** Times of a job, in epoch ms. */
export interface JobTimings {
  readonly submittedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

interface JobBase {
  /** Unguessable. A caller that knows it and is the owner may read and cancel the job. */
  readonly jobId: string;
  /** `ownerOf` its caller. */
  readonly owner: string;
  /** Id of the tool. */
  readonly tool: string;
  readonly priority: number;
  readonly timings: JobTimings;
}

/** Reason of a failed job: the gateway's own refusal, or the server's result with `isError: true`. */
export type JobFailure =
  | { readonly error: { readonly code: ErrorCode; readonly message: string }; readonly result?: never }
  | { readonly result: ToolResult; readonly error?: never };

export type JobOutcome =
  | { readonly status: 'completed'; readonly result: ToolResult }
  | ({ readonly status: 'failed' } & JobFailure)
  | { readonly status: 'cancelled' };

/** A background call at one moment: a snapshot that never changes. */
export type Job = JobBase &
  ({ readonly status: 'queued' } | { readonly status: 'running'; readonly progress?: Progress } | JobOutcome);

/** The call of a job: it must end soon after the signal aborts. */
export type RunJob = (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<ToolResult>;

/** A call that runs already; `abort` ends it. */
export interface RunningCall {
  /** Epoch ms. */
  readonly startedAt: number;
  readonly abort: AbortController;
  readonly execution: Promise<ToolResult>;
}

/** The tool of a job, and its own observer beside that of all jobs. */
export interface JobLabel {
  /** Id of the tool. */
  readonly tool: string;
  readonly observer?: JobObserver | undefined;
}

/** A job that exists already, and whose call is still being prepared. */
export interface HeldJob {
  readonly job: Job;
  /** Aborts when the job is cancelled. */
  readonly signal: AbortSignal;
  /** Queues the job's call. Throws as `submit` does; does nothing if the job has ended. */
  queue(run: RunJob): void;
  /** Ends the job: its call cannot be made. */
  fail(error: unknown): void;
}
