import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import type { JsonObject } from '../../core/json.ts';
import { PROTOCOL_VERSION_META_KEY } from '../../core/protocol.ts';
import { HandshakeServer } from './handshake-server.ts';
import { type ClientMessage, readMessage } from './json-rpc.ts';
import type { ModernServer } from './modern-server.ts';
import { unsupportedVersion } from './negotiation.ts';
import type { SessionServices } from './session-services.ts';

/**
 * Serves the client at the other end of a channel that carries messages both ways (stdio, WebSocket), in the protocol
 * era that it opens: 2026-07-28 if its first message names its own revision, else one of the revisions with a
 * handshake. A client that has only sent `server/discover` may still fall back.
 */
export class ClientChannel {
  readonly #services: SessionServices;
  readonly #send: (message: JsonObject) => Promise<void>;
  #handshake: HandshakeServer | undefined;
  #modern: Promise<ModernServer> | undefined;
  #isProbing = true;

  constructor(services: SessionServices, send: (message: JsonObject) => Promise<void>) {
    this.#services = services;
    this.#send = send;
  }

  /**
   * Receives one message of the client. `answered`: it has its answer already, and only opens the era with a handshake.
   */
  readonly receive = (raw: JsonObject, answered = false): void => {
    const message = readMessage(raw);
    const refusal = unsupportedVersion(message);
    if (refusal) return void this.#send(refusal);
    this.#services.session.learn(message);
    if (answered) this.#serveHandshake();
    else if (this.#isModern(message)) this.#receiveModern(message);
    else this.#serveHandshake().receive(message);
  };

  /** Aborts the client's requests and ends ours: the client has gone. */
  async close(): Promise<void> {
    this.#services.session.end();
    this.#handshake?.close();
    await (await this.#modern)?.close();
  }

  #isModern({ meta }: ClientMessage): boolean {
    return !this.#handshake && (!this.#isProbing || meta[PROTOCOL_VERSION_META_KEY] !== undefined);
  }

  #serveHandshake(): HandshakeServer {
    if (!this.#handshake) {
      this.#handshake = new HandshakeServer(this.#services, this.#send);
      this.#services.session.sendThrough(this.#handshake);
    }
    return this.#handshake;
  }

  #receiveModern({ raw, method }: ClientMessage): void {
    if (method !== 'server/discover') this.#isProbing = false;
    this.#modern ??= this.#loadModern();
    // All messages wait for the same promise, so they keep their order.
    void this.#modern.then((server) => server.receive(raw as JSONRPCMessage));
  }

  async #loadModern(): Promise<ModernServer> {
    const { serveModern } = await import('./modern-server.ts');
    const server = serveModern(this.#services, this.#send);
    if (!this.#handshake) this.#services.session.sendThrough(server);
    return server;
  }
}
