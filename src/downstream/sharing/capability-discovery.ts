import type { ServerConfig } from '../../config/schema.ts';
import { withTimeout } from '../../core/abort.ts';
import type { ClientIdentity } from '../../core/peer.ts';
import { clientMark } from '../../core/server-catalog.ts';
import type { Upstream } from '../../upstream/upstream.ts';

/** How long a search waits for what servers offer to a kind of client, in ms. */
const LEARNING_MS = 3_000;

/** What servers offer to each kind of client: they may have other tools for one that can do other things. */
export class CapabilityDiscovery {
  /** When it is known, by the entries and the kind of client: an entry that has changed is another one. */
  readonly #known = new Map<string, Map<string, Promise<void>>>();

  /** Asks the servers on behalf of the first client of its kind; `own` is its connection to one, if it is to ask that one. */
  learn(
    client: ClientIdentity,
    servers: readonly ServerConfig[],
    own: (server: ServerConfig) => Upstream | undefined,
  ): void {
    const mark = clientMark(client);
    for (const server of servers) {
      const entry = JSON.stringify(server);
      const known = this.#known.get(entry) ?? new Map<string, Promise<void>>();
      const upstream = server.start === 'lazy' || known.has(mark) ? undefined : own(server);
      if (!upstream) continue;
      upstream.wake();
      known.set(
        mark,
        withTimeout(LEARNING_MS, (late) => upstream.settled(late)),
      );
      this.#known.set(entry, known);
    }
  }

  /** Resolves when it is known what these servers offer to clients like this one, or after a while. */
  async settled(client: ClientIdentity, servers: readonly ServerConfig[]): Promise<void> {
    const mark = clientMark(client);
    await Promise.all(servers.map((server) => this.#known.get(JSON.stringify(server))?.get(mark)));
  }

  /** Forgets all but these servers. */
  keep(servers: readonly ServerConfig[]): void {
    const entries = new Set(servers.map((server) => JSON.stringify(server)));
    for (const entry of this.#known.keys()) if (!entries.has(entry)) this.#known.delete(entry);
  }
}
