import type { ResultStore } from '../../broker/results/result-store.ts';
import type { MultiRoundRequests } from '../protocol/multi-round-requests.ts';

/** What outlives one request of a client without sessions: calls that wait for its answers, and large results. */
interface KeptForClient {
  readonly multiRound: MultiRoundRequests;
  readonly results: ResultStore;
}

const MAX_CLIENTS = 1_000;

/** One `KeptForClient` for each owner; of more than 1,000 the least recently used is forgotten. */
export class StatelessClients {
  readonly #kept = new Map<string, KeptForClient>();

  /** What is kept for that owner; `fresh` where nothing is. */
  of(owner: string, { multiRound, results }: KeptForClient): KeptForClient {
    const kept = this.#kept.get(owner) ?? { multiRound, results };
    this.#kept.delete(owner);
    this.#kept.set(owner, kept);
    const [oldest] = this.#kept;
    if (this.#kept.size > MAX_CLIENTS && oldest) {
      this.#kept.delete(oldest[0]);
      oldest[1].results.close();
    }
    return kept;
  }
}
