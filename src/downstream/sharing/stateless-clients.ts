import type { ResultStore } from '../../broker/results/result-store.ts';
import { BoundedMap } from '../../core/bounded-map.ts';
import type { MultiRoundRequests } from '../protocol/multi-round-requests.ts';

/**
 * State of a client without sessions that outlives its requests: calls that wait for its answers, and large results.
 */
interface ClientState {
  readonly multiRound: MultiRoundRequests;
  readonly results: ResultStore;
}

const MAX_CLIENTS = 1_000;

/** One `ClientState` for each owner; of more than 1,000 the least recently used is dropped. */
export class StatelessClients {
  readonly #states = new BoundedMap<string, ClientState>({
    maxEntries: MAX_CLIENTS,
    onEvicted: ({ results }) => results.close(),
  });

  /** Keeps these for that owner, unless something is kept already; returns what is. */
  of(owner: string, { multiRound, results }: ClientState): ClientState {
    const known = this.#states.use(owner);
    if (known) return known;
    const fresh = { multiRound, results };
    this.#states.set(owner, fresh);
    return fresh;
  }
}
