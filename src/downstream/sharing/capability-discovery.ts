import type { ServerConfig } from '../../config/schema.ts';
import { withTimeout } from '../../core/abort.ts';
import type { ClientIdentity } from '../../core/peer.ts';
import { clientMark } from '../../core/server-catalog.ts';
import type { Upstream } from '../../upstream/upstream.ts';

/** Longest wait for a server's tools for a kind of client, in ms. */
const DISCOVERY_MS = 3_000;

/**
 * Learns the tools of servers for each kind of client: a server may offer others to a client with other capabilities.
 */
export class CapabilityDiscovery {
  /**
   * Resolve when the tools are known, or the wait has ended: by the JSON of the server's entry, then by the kind of
   * client.
   */
  readonly #known = new Map<string, Map<string, Promise<void>>>();

  /**
   * Connects the first client of its kind to the servers. `own` returns the client's own connection to a server;
   * undefined: that server need not be asked.
   */
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
        withTimeout(DISCOVERY_MS, (late) => upstream.settled(late)),
      );
      this.#known.set(entry, known);
    }
  }

  /** Resolves when the tools of these servers for this kind of client are known, or the wait for them has ended. */
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
