import type { ResultStore } from '../../broker/results/result-store.ts';
import { BoundedMap } from '../../core/bounded-map.ts';
import type { MultiRoundRequests } from '../protocol/multi-round-requests.ts';

/** What outlives one request of a client without sessions: calls that wait for its answers, and large results. */
interface KeptForClient {
  readonly multiRound: MultiRoundRequests;
  readonly results: ResultStore;
}

const MAX_CLIENTS = 1_000;

/** One `KeptForClient` for each owner; of more than 1,000 the least recently used is forgotten. */
export class StatelessClients {
  readonly #kept = new BoundedMap<string, KeptForClient>({
    maxEntries: MAX_CLIENTS,
    onEvicted: ({ results }) => results.close(),
  });

  /** Keeps these for that owner, unless something is kept already; returns what is. */
  of(owner: string, { multiRound, results }: KeptForClient): KeptForClient {
    const known = this.#kept.use(owner);
    if (known) return known;
    const fresh = { multiRound, results };
    this.#kept.set(owner, fresh);
    return fresh;
  }
}
