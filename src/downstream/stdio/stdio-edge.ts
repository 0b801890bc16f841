import { LOCAL, ownerOf } from '../../core/call.ts';
import { causeOf } from '../../core/errors.ts';
import type { PoolOwner } from '../../upstream/server-pool.ts';
import type { GatewayServices } from '../gateway-services.ts';
import { ClientChannel } from '../protocol/client-channel.ts';
import { ClientSession } from '../protocol/client-session.ts';
import { insteadOf } from '../protocol/oversize.ts';
import type { SessionServices } from '../protocol/session-services.ts';
import type { EarlyResponder } from './early-responder.ts';
import type { LineLimit } from './stdio-transport.ts';

/** The edge over stdio: one client, and the connections to servers are all its own. */
export class StdioEdge {
  /** For whom servers are connected to. */
  readonly audience: PoolOwner;
  readonly #gateway: Pick<GatewayServices, 'backend' | 'log'>;
  readonly #services: SessionServices;
  #connection: StdioConnection | undefined;

  constructor(gateway: Pick<GatewayServices, 'backend' | 'log' | 'partsFor' | 'receipt'>) {
    this.#gateway = gateway;
    const { announcements, primitives } = gateway.backend;
    const session = new ClientSession({
      onLogLevel: (level) => announcements.logLevel(level),
      onRootsChanged: () => announcements.rootsChanged(),
      onListen: (uris) => this.#subscribe(uris),
    });
    gateway.receipt.session(ownerOf(LOCAL), session.introduced);
    this.audience = { introduced: session.introduced, peer: session, isShared: false };
    this.#services = gateway.partsFor(LOCAL, session, (...request) => primitives.handle(...request));
  }

  /** Serves the client that the early responder holds. Resolves when it has gone. */
  async serve(responder: EarlyResponder): Promise<void> {
    const { maxLineBytes, results } = this.#services;
    this.#connection = serveStdio(responder, this.#services, {
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

/** The client's connection, being served. */
interface StdioConnection {
  /** Resolves when the client has gone. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Takes over from the early responder. */
function serveStdio(responder: EarlyResponder, services: SessionServices, limit: LineLimit): StdioConnection {
  const channel = new ClientChannel(services, (message) => responder.send(message));
  const ended = new Promise<void>((resolve) => {
    responder.handOver({
      limit,
      receive: (message, answered) => channel.receive(message, answered),
      onClose: () => {
        void channel.close();
        resolve();
      },
    });
  });
  return { ended, close: () => responder.close() };
}
