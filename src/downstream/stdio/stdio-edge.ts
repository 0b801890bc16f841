import type { Signal } from '../../core/abort.ts';
import { LOCAL, ownerOf } from '../../core/call.ts';
import { soleOwner } from '../../upstream/pool-owner.ts';
import type { GatewayServices } from '../gateway-services.ts';
import { ClientChannel } from '../protocol/client-channel.ts';
import { ClientSession } from '../protocol/client-session.ts';
import { replaceOversized } from '../protocol/oversize.ts';
import type { SessionServices } from '../protocol/session-services.ts';
import type { ResourceSubscriptions } from '../sharing/resource-subscriptions.ts';
import type { EarlyResponder } from './early-responder.ts';
import type { LineLimit } from './stdio-transport.ts';

/** The edge over stdio: one client, which has all connections to servers to itself. */
export class StdioEdge {
  readonly #gateway: Pick<GatewayServices, 'pool' | 'log'>;
  readonly #services: SessionServices;
  readonly #session: ClientSession;
  #subscriptions: Promise<ResourceSubscriptions> | undefined;
  #connection: StdioConnection | undefined;

  constructor(gateway: Pick<GatewayServices, 'pool' | 'log' | 'stats' | 'attach'>) {
    this.#gateway = gateway;
    const { announcements, primitives } = gateway.pool;
    this.#session = new ClientSession({
      onLogLevel: (level) => announcements.logLevel(level),
      onRootsChanged: () => announcements.rootsChanged(),
      onListen: (uris, signal) => void this.#listen(uris, signal),
    });
    gateway.stats.session(ownerOf(LOCAL), this.#session.identified);
    const attached = gateway.attach({ owner: soleOwner(LOCAL, this.#session) });
    this.#services = attached.servicesFor(LOCAL, this.#session, (...request) => primitives.handle(...request));
  }

  /** Takes the client over from the early responder and serves it. Resolves when it has gone. */
  async serve(responder: EarlyResponder): Promise<void> {
    const { maxLineBytes, results } = this.#services;
    this.#connection = takeOver(responder, this.#services, {
      bytes: maxLineBytes,
      instead: (message, bytes) => replaceOversized(message, bytes, results),
    });
    await this.#connection.ended;
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  async #listen(uris: readonly string[], signal: Signal): Promise<void> {
    if (uris.length === 0) return;
    this.#subscriptions ??= this.#loadSubscriptions();
    const subscriptions = await this.#subscriptions;
    const session = this.#session;
    subscriptions.listen({ session, caller: LOCAL }, uris, { caller: LOCAL, signal, peer: session });
  }

  /** Loads the module for subscriptions, which only clients of 2026-07-28 that listen to resources need. */
  async #loadSubscriptions(): Promise<ResourceSubscriptions> {
    const { ResourceSubscriptions } = await import('../sharing/resource-subscriptions.ts');
    const { pool, log } = this.#gateway;
    const { primitives } = pool;
    return new ResourceSubscriptions({ shared: primitives, primitivesOf: () => primitives, isApart: () => false, log });
  }
}

/** A connection to a client that is being served. */
interface StdioConnection {
  /** Resolves when the client has gone. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Takes the client over from the early responder. */
function takeOver(responder: EarlyResponder, services: SessionServices, limit: LineLimit): StdioConnection {
  const channel = new ClientChannel(services, (message) => responder.send(message));
  const ended = new Promise<void>((resolve) => {
    responder.handOver({
      limit,
      receive: channel.receive,
      onClose: () => {
        void channel.close();
        resolve();
      },
    });
  });
  return { ended, close: () => responder.close() };
}
