import { abortable, type Signal } from '../../core/abort.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ClientIdentity } from '../../core/peer.ts';
import type { ServerPool } from '../../upstream/server-pool.ts';

/**
 * The part of a client that servers are told. Clients with equal profiles use the same connections, one after the
 * other.
 */
interface ClientProfile {
  readonly identity: ClientIdentity;
  readonly logLevel?: string;
}

/** A pool in which one server belongs to one call until `release`. */
interface PooledConnection {
  readonly pool: ServerPool;
  release(): void;
}

/** A call that waits until a connection for its profile is released. */
interface Waiting {
  /** JSON of its `ClientProfile`. */
  readonly profile: string;
  readonly server: string;
  readonly go: () => void;
}

interface Slot {
  readonly profile: string;
  readonly pool: ServerPool;
  /** Keys of the servers that calls have taken. */
  readonly taken: Set<string>;
}

/** Connections of one profile to one server, at most. */
const MAX_PER_PROFILE = 32;
/** Pools in all, at most. */
const MAX_SLOTS = 128;

/**
 * Connections for clients without sessions (2026-07-28) to servers that cannot say to which call a question belongs.
 * Each call has a connection to itself, and then leaves it to the next call with an equal profile.
 */
export class ConnectionPool {
  readonly #open: (profile: ClientProfile) => ServerPool;
  readonly #slots: Slot[] = [];
  readonly #waiting = new Set<Waiting>();

  constructor(open: (profile: ClientProfile) => ServerPool) {
    this.#open = open;
  }

  /**
   * Takes a server for one call; waits while `MAX_PER_PROFILE` calls have it. Rejects with the signal's reason, or with
   * `UPSTREAM_UNAVAILABLE` while clients of other profiles use all pools.
   */
  async take(client: ClientProfile, server: string, signal: Signal): Promise<PooledConnection> {
    const profile = JSON.stringify([client.identity, client.logLevel]);
    for (;;) {
      const slot = this.#freeSlot(profile, server) ?? this.#openSlot(profile, client);
      if (slot) {
        slot.taken.add(server);
        return { pool: slot.pool, release: () => this.#release(slot, server) };
      }
      await this.#waitForTurn(profile, server, signal);
    }
  }

  /** Resolves when a connection is released to this call. A call that gives up leaves the line, so that the next is woken. */
  async #waitForTurn(profile: string, server: string, signal: Signal): Promise<void> {
    let waiting: Waiting | undefined;
    const turn = new Promise<void>((go) => {
      waiting = { profile, server, go };
      this.#waiting.add(waiting);
    });
    try {
      await abortable(turn, signal);
    } catch (error) {
      // This call was woken in the same moment: another one is woken instead.
      if (waiting && !this.#waiting.delete(waiting)) this.#wake(profile, server);
      throw error;
    }
  }

  all(): ServerPool[] {
    return this.#slots.map(({ pool }) => pool);
  }

  async close(): Promise<void> {
    await Promise.all(this.#slots.splice(0).map(({ pool }) => pool.close()));
  }

  #freeSlot(profile: string, server: string): Slot | undefined {
    return this.#slots.find((slot) => slot.profile === profile && !slot.taken.has(server));
  }

  #openSlot(profile: string, client: ClientProfile): Slot | undefined {
    const own = this.#slots.filter((slot) => slot.profile === profile).length;
    if (own >= MAX_PER_PROFILE) return undefined;
    if (this.#slots.length >= MAX_SLOTS && !this.#evict()) {
      if (own > 0) return undefined;
      throw new GatewayError(
        'UPSTREAM_UNAVAILABLE',
        'too many clients of different kinds at one time; try again later',
      );
    }
    const slot = { profile, pool: this.#open(client), taken: new Set<string>() };
    this.#slots.push(slot);
    return slot;
  }

  /** Closes the oldest pool of which nothing is taken; false: there is none. */
  #evict(): boolean {
    const at = this.#slots.findIndex(({ taken }) => taken.size === 0);
    if (at < 0) return false;
    for (const { pool } of this.#slots.splice(at, 1)) void pool.close();
    return true;
  }

  #release(slot: Slot, server: string): void {
    slot.taken.delete(server);
    this.#wake(slot.profile, server);
  }

  #wake(profile: string, server: string): void {
    for (const waiting of this.#waiting) {
      if (waiting.profile !== profile || waiting.server !== server) continue;
      this.#waiting.delete(waiting);
      waiting.go();
      return;
    }
  }
}
