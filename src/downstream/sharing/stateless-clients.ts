import type { ResultStore } from '../../broker/results/result-store.ts';
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
  readonly #states = new Map<string, ClientState>();

  /** The state of that owner; the given one becomes its state if it has none. */
  of(owner: string, { multiRound, results }: ClientState): ClientState {
    const state = this.#states.get(owner) ?? { multiRound, results };
    this.#states.delete(owner);
    this.#states.set(owner, state);
    const [oldest] = this.#states;
    if (this.#states.size > MAX_CLIENTS && oldest) {
      this.#states.delete(oldest[0]);
      oldest[1].results.close();
    }
    return state;
  }
}
