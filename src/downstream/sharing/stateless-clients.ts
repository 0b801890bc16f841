import type { ResultStore } from '../../broker/results/result-store.ts';
import { abortable, type Signal } from '../../core/abort.ts';
import { BoundedMap } from '../../core/bounded-map.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ClientIdentity } from '../../core/peer.ts';
import type { ServerPool } from '../../upstream/server-pool.ts';
import type { MultiRoundRequests } from '../protocol/multi-round-requests.ts';

/** What outlives one request of a client without sessions: calls that wait for its answers, and large results. */
interface KeptForClient {
  readonly conversations: MultiRoundRequests;
  readonly results: ResultStore;
}

const MAX_CLIENTS = 1_000;

/** One `KeptForClient` for each owner; beyond the bound the one goes that was used longest ago. */
export class StatelessClients {
  readonly #kept = new BoundedMap<string, KeptForClient>({
    maxEntries: MAX_CLIENTS,
    onEvicted: ({ results }) => results.close(),
  });

  /** Keeps these for that owner, unless something is kept already; returns what is. */
  of(owner: string, { conversations, results }: KeptForClient): KeptForClient {
    const known = this.#kept.use(owner);
    if (known) return known;
    const fresh = { conversations, results };
    this.#kept.set(owner, fresh);
    return fresh;
  }
}

/** For whom servers are connected to: equal ones may use the same connections one after the other. */
interface ClientProfile {
  readonly identity: ClientIdentity;
  readonly logLevel?: string;
}

/** A server that is one call's alone until it is released. */
interface PooledConnection {
  readonly backend: ServerPool;
  release(): void;
}

interface Waiting {
  readonly tenant: string;
  readonly server: string;
  readonly go: () => void;
}

interface Slot {
  readonly tenant: string;
  readonly backend: ServerPool;
  /** Servers that a call has taken. */
  readonly taken: Set<string>;
}

/** Connections of one tenant to one server at most, and sets of connections in all. */
const MAX_PER_TENANT = 32;
const MAX_SLOTS = 128;

/**
 * Connections for clients without sessions (2026-07-28) to servers that cannot say which call they ask about: each call
 * has a connection to itself, and leaves it to the next of a client that says the same of itself.
 */
export class ConnectionPool {
  readonly #open: (tenant: ClientProfile) => ServerPool;
  readonly #slots: Slot[] = [];
  readonly #waiting = new Set<Waiting>();

  constructor(open: (tenant: ClientProfile) => ServerPool) {
    this.#open = open;
  }

  /** Waits while as many calls are on their way as there may be. Rejects with the signal's reason, or when there is no room at all. */
  async take(of: ClientProfile, server: string, signal: Signal): Promise<PooledConnection> {
    const tenant = JSON.stringify([of.identity, of.logLevel]);
    for (;;) {
      const slot = this.#free(tenant, server) ?? this.#another(tenant, of);
      if (slot) {
        slot.taken.add(server);
        return { backend: slot.backend, release: () => this.#release(slot, server) };
      }
      await this.#turn(tenant, server, signal);
    }
  }

  /** Whoever gives up must not be the one who is told that there is room. */
  async #turn(tenant: string, server: string, signal: Signal): Promise<void> {
    let waiting: Waiting | undefined;
    const turn = new Promise<void>((go) => {
      waiting = { tenant, server, go };
      this.#waiting.add(waiting);
    });
    try {
      await abortable(turn, signal);
    } catch (error) {
      // Told in the same moment: the next one has the turn.
      if (waiting && !this.#waiting.delete(waiting)) this.#wake(tenant, server);
      throw error;
    }
  }

  all(): ServerPool[] {
    return this.#slots.map(({ backend }) => backend);
  }

  async close(): Promise<void> {
    await Promise.all(this.#slots.splice(0).map(({ backend }) => backend.close()));
  }

  #free(tenant: string, server: string): Slot | undefined {
    return this.#slots.find((slot) => slot.tenant === tenant && !slot.taken.has(server));
  }

  #another(tenant: string, of: ClientProfile): Slot | undefined {
    const own = this.#slots.filter((slot) => slot.tenant === tenant).length;
    if (own >= MAX_PER_TENANT) return undefined;
    if (this.#slots.length >= MAX_SLOTS && !this.#evict()) {
      if (own > 0) return undefined;
      throw new GatewayError(
        'UPSTREAM_UNAVAILABLE',
        'too many clients of different kinds at one time; try again later',
      );
    }
    const slot = { tenant, backend: this.#open(of), taken: new Set<string>() };
    this.#slots.push(slot);
    return slot;
  }

  /** Gives up the connections that have been unused for longest. */
  #evict(): boolean {
    const at = this.#slots.findIndex(({ taken }) => taken.size === 0);
    if (at < 0) return false;
    for (const { backend } of this.#slots.splice(at, 1)) void backend.close();
    return true;
  }

  #release(slot: Slot, server: string): void {
    slot.taken.delete(server);
    this.#wake(slot.tenant, server);
  }

  #wake(tenant: string, server: string): void {
    for (const waiting of this.#waiting) {
      if (waiting.tenant !== tenant || waiting.server !== server) continue;
      this.#waiting.delete(waiting);
      waiting.go();
      return;
    }
  }
}
