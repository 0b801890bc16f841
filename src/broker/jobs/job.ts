import type { ToolResult } from '../../core/call.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { Progress } from '../../core/rpc.ts';

/** When it happened, in epoch milliseconds. */
export interface JobTimings {
  readonly submittedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

interface JobBase {
  /** Unguessable: whoever knows it and is the owner may read and cancel the job. */
  readonly jobId: string;
  /** `Caller.id` of whom submitted it. */
  readonly owner: string;
  /** Id of the tool. */
  readonly tool: string;
  readonly priority: number;
  readonly timings: JobTimings;
}

/** Why a job failed: the gateway's own refusal, or the upstream's result with `isError: true`. */
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
