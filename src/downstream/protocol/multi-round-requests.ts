import { randomUUID } from 'node:crypto';
import type { JobIdentity, ToolResult } from '../../core/call.ts';
import type { MultiRoundRequest } from './multi-round-request.ts';

/** Prefix of our own `requestState`s; any other one belongs to a server of 2026-07-28 and is passed on to it. */
const STATE_PREFIX = 'mcp-gateway:';

/** The `MultiRoundRequest`s that wait for their client, by their `requestState`. */
export class MultiRoundRequests {
  readonly #open = new Map<string, MultiRoundRequest>();
  /** Requests whose work runs on as a job, by the job's id. */
  readonly #jobs = new Map<string, MultiRoundRequest>();

  newState(): string {
    return `${STATE_PREFIX}${randomUUID()}`;
  }

  /** Keeps a request under its latest state, until it is aborted or closed. */
  keep(request: MultiRoundRequest): void {
    this.close(request);
    this.#open.set(request.state, request);
    request.signal.addEventListener('abort', () => this.close(request), { once: true });
  }

  /** Keeps a request whose work runs on as that job, so that `job_status` can put its questions. */
  keepAsJob({ jobId }: JobIdentity, request: MultiRoundRequest): void {
    request.continueAsJob();
    this.#jobs.set(jobId, request);
    request.signal.addEventListener('abort', () => this.#jobs.delete(jobId), { once: true });
  }

  /** Forgets a job that has ended. The client may still send answers to its questions. */
  forgetJob({ jobId }: JobIdentity): void {
    this.#jobs.delete(jobId);
  }

  /** Resolves with an `input_required` result when the job asks something; undefined: the job cannot ask. */
  askedByJob(jobId: string): Promise<ToolResult> | undefined {
    const request = this.#jobs.get(jobId);
    return request?.asked().then((result) => {
      this.keep(request);
      return result;
    });
  }

  close(request: MultiRoundRequest): void {
    for (const [state, open] of this.#open) if (open === request) this.#open.delete(state);
  }

  /**
   * The request with that state; `expired`: the state is ours, but no request waits for it; undefined: it is not ours.
   */
  find(state: unknown): MultiRoundRequest | 'expired' | undefined {
    if (typeof state !== 'string' || !state.startsWith(STATE_PREFIX)) return undefined;
    return this.#open.get(state) ?? 'expired';
  }
}
