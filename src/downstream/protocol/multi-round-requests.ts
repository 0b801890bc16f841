import { randomUUID } from 'node:crypto';
import type { JobIdentity, ToolResult } from '../../core/call.ts';
import type { MultiRoundRequest } from './multi-round-request.ts';

/** Marks a `requestState` as ours; any other belongs to a server of the 2026 era and is passed on to it. */
const STATE_PREFIX = 'mcp-gateway:';

/** Requests of several rounds that wait for their client, by the `requestState` that it brings back. */
export class MultiRoundRequests {
  readonly #open = new Map<string, MultiRoundRequest>();
  /** Requests whose work goes on as a job, by its id. */
  readonly #jobs = new Map<string, MultiRoundRequest>();

  newState(): string {
    return `${STATE_PREFIX}${randomUUID()}`;
  }

  /** Remembers a request until it is aborted or closed. */
  keep(request: MultiRoundRequest): void {
    this.close(request);
    this.#open.set(request.state, request);
    request.signal.addEventListener('abort', () => this.close(request), { once: true });
  }

  /** The work of a request goes on as that job, whose questions wait for `job_status`. */
  keepAsJob({ jobId }: JobIdentity, request: MultiRoundRequest): void {
    request.continueAsJob();
    this.#jobs.set(jobId, request);
    request.signal.addEventListener('abort', () => this.#jobs.delete(jobId), { once: true });
  }

  /** The job has ended and asks no more. The client may still come back with answers to what it asked. */
  forgetJob({ jobId }: JobIdentity): void {
    this.#jobs.delete(jobId);
  }

  /** Resolves with an `input_required` result when that job asks something; undefined when it cannot ask. */
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

  /** The request of that state; `expired` when the state is ours and no request waits for it any more. */
  find(state: unknown): MultiRoundRequest | 'expired' | undefined {
    if (typeof state !== 'string' || !state.startsWith(STATE_PREFIX)) return undefined;
    return this.#open.get(state) ?? 'expired';
  }
}
