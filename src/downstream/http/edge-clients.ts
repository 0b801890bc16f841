import type { ResultStore } from '../../broker/results/result-store.ts';
import { BoundedMap } from '../../core/bounded-map.ts';
import { type Caller, ownerOf } from '../../core/call.ts';
import { clientSession, type EdgeSession, openEdgeSession } from '../edge-session.ts';
import type { EdgeServices } from '../gateway-services.ts';
import { ClientSession } from '../protocol/client-session.ts';
import type { MultiRoundRequests } from '../protocol/multi-round-requests.ts';
import type { SessionServices } from '../protocol/session-services.ts';
import type { Sharing } from '../sharing/sharing.ts';
import type { CallLimits } from './request/call-limits.ts';

/** Opens the sessions of HTTP clients, and the services for single requests of clients without sessions. */
export class EdgeClients {
  readonly #gateway: EdgeServices;
  readonly #sharing: Sharing;
  readonly #limits: CallLimits;
  readonly #stateless = new StatelessClients();

  constructor(gateway: EdgeServices, sharing: Sharing, limits: CallLimits) {
    this.#gateway = gateway;
    this.#sharing = sharing;
    this.#limits = limits;
  }

  /** Opens a session of a client with a handshake, or of one that holds a connection. */
  openSession(caller: Caller): EdgeSession {
    const within = this.#limits.within(caller);
    return openEdgeSession(caller, clientSession(caller, this.#sharing), this.#sharing, this.#gateway, { within });
  }

  /** Opens the services for one request of a client without sessions (2026-07-28). The endpoint calls `end` when the request is over. */
  openRequest(caller: Caller): { readonly parts: SessionServices; readonly end: () => void } {
    const sharing = this.#sharing;
    const session: ClientSession = new ClientSession({
      onLogLevel: async () => {},
      onRootsChanged: () => {},
      onListen: (uris, signal) => sharing.listen({ session, caller }, uris, signal),
      isPassing: true,
    });
    const parts = this.#gateway.servicesFor(caller, session, (...request) =>
      sharing.subscriptions.handle({ session, caller }, ...request),
    );
    return {
      parts: { ...parts, ...this.#stateless.of(ownerOf(caller), parts), within: this.#limits.within(caller) },
      end: () => session.end(),
    };
  }
}

/**
 * State of a client without sessions that outlives its requests: calls that wait for its answers, and large results.
 */
interface ClientState {
  readonly multiRound: MultiRoundRequests;
  readonly results: ResultStore;
}

const MAX_CLIENTS = 1_000;

/** One `ClientState` for each owner; of more than 1,000 the least recently used is dropped. */
class StatelessClients {
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
