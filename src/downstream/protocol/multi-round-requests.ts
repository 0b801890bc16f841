import type { MultiRoundRequest } from './multi-round-request.ts';

/** Marks a `requestState` as ours; any other belongs to a server of the 2026 era and is passed on to it. */
export const STATE_PREFIX = 'mcp-gateway:';

/** Requests of several rounds that wait for their client, by the `requestState` that it brings back. */
export class MultiRoundRequests {
  readonly #open = new Map<string, MultiRoundRequest>();
  readonly #jobs = new Map<string, MultiRoundRequest>();

  /** Remembers a conversation until it is aborted or closed. */
  keep(conversation: MultiRoundRequest): void {
    this.close(conversation);
    this.#open.set(conversation.state, conversation);
    conversation.signal.addEventListener('abort', () => this.close(conversation), { once: true });
  }

  /** The work of a conversation goes on as that job. */
  keepAsJob(jobId: string, conversation: MultiRoundRequest): void {
    conversation.continueAsJob();
    this.#jobs.set(jobId, conversation);
    conversation.signal.addEventListener('abort', () => this.#jobs.delete(jobId), { once: true });
  }

  ofJob(jobId: string): MultiRoundRequest | undefined {
    return this.#jobs.get(jobId);
  }

  /** A job has ended: it asks no more. */
  forgetJob(jobId: string): void {
    const conversation = this.#jobs.get(jobId);
    if (conversation) this.close(conversation);
    this.#jobs.delete(jobId);
  }

  close(conversation: MultiRoundRequest): void {
    for (const [state, open] of this.#open) if (open === conversation) this.#open.delete(state);
  }

  /** The conversation of that state; `expired` when the state is ours and nothing waits for it any more. */
  find(state: unknown): MultiRoundRequest | 'expired' | undefined {
    if (typeof state !== 'string' || !state.startsWith(STATE_PREFIX)) return undefined;
    return this.#open.get(state) ?? 'expired';
  }
}
