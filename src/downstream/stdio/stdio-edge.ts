import { LOCAL, ownerOf } from '../../core/call.ts';
import { causeOf } from '../../core/errors.ts';
import type { Audience } from '../../upstream/backend.ts';
import type { EdgeInternals } from '../edge-host.ts';
import { ClientSession } from '../protocol/client-session.ts';
import { insteadOf } from '../protocol/oversize.ts';
import { type StdioConnection, serveStdio } from '../protocol/serve-stdio.ts';
import type { ServerParts } from '../protocol/server-parts.ts';
import type { FrontDesk } from './front-desk.ts';

/** The edge over stdio: one client, and the connections to servers are all its own. */
export class StdioEdge {
  /** For whom servers are connected to. */
  readonly audience: Audience;
  readonly #gateway: Pick<EdgeInternals, 'backend' | 'log'>;
  readonly #parts: ServerParts;
  #connection: StdioConnection | undefined;

  constructor(gateway: Pick<EdgeInternals, 'backend' | 'log' | 'partsFor' | 'receipt'>) {
    this.#gateway = gateway;
    const { announcements, primitives } = gateway.backend;
    const session = new ClientSession({
      onLogLevel: (level) => announcements.logLevel(level),
      onRootsChanged: () => announcements.rootsChanged(),
      onListen: (uris) => this.#subscribe(uris),
    });
    gateway.receipt.session(ownerOf(LOCAL), session.introduced);
    this.audience = { introduced: session.introduced, peer: session, isShared: false };
    this.#parts = gateway.partsFor(LOCAL, session, (...request) => primitives.handle(...request));
  }

  /** Serves the client that has come to the desk. Resolves when it has gone. */
  async serve(desk: FrontDesk): Promise<void> {
    const { maxLineBytes, results } = this.#parts;
    this.#connection = serveStdio(desk, this.#parts, {
      bytes: maxLineBytes,
      instead: (message, bytes) => insteadOf(message, bytes, results),
    });
    await this.#connection.ended;
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  #subscribe(uris: readonly string[]): void {
    const context = { caller: LOCAL, signal: new AbortController().signal };
    const { backend, log } = this.#gateway;
    for (const uri of uris) {
      backend.primitives
        .handle('resources/subscribe', { uri }, context)
        .catch((error: unknown) => log.debug('not subscribed', { uri, error: causeOf(error) }));
    }
  }
}
