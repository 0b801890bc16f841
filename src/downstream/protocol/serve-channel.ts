import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import type { JsonObject } from '../../core/json.ts';
import { HandshakeServer } from './handshake-server.ts';
import type { ModernServer } from './modern-server.ts';
import { envelopeVersion, unsupportedVersion } from './negotiation.ts';
import type { SessionServices } from './session-services.ts';

/** A client at the other end of a channel that carries messages both ways (stdio, WebSocket), being served. */
export interface ServedChannel {
  /** Takes one message of the client; `answered` when it has its answer already. */
  receive(message: JsonObject, answered?: boolean): void;
  /** The client has gone: what it asked for is given up. */
  close(): Promise<void>;
}

/** Serves the client of a channel in whichever protocol era it opens. */
export function serveChannel(parts: SessionServices, send: (message: JsonObject) => Promise<void>): ServedChannel {
  const eras = new Eras(parts, send);
  return {
    receive: (message, answered = false) => {
      const refusal = unsupportedVersion(message);
      if (refusal) return void send(refusal);
      parts.session.observe(message);
      if (answered) eras.answered();
      else eras.receive(message);
    },
    close: () => {
      parts.session.end();
      return eras.close();
    },
  };
}

/**
 * Decides by which server a connection is served: a first message that names a revision of its own is of 2026-07-28, any
 * other is of the revisions with a handshake. A client that only probed with `server/discover` may still fall back.
 */
class Eras {
  readonly #parts: SessionServices;
  readonly #send: (message: JsonObject) => Promise<void>;
  #handshake: HandshakeServer | undefined;
  #modern: Promise<ModernServer> | undefined;
  #probing = true;

  constructor(parts: SessionServices, send: (message: JsonObject) => Promise<void>) {
    this.#parts = parts;
    this.#send = send;
  }

  receive(message: JsonObject): void {
    if (!this.#handshake && (!this.#probing || envelopeVersion(message) !== undefined)) this.#receiveModern(message);
    else this.#served().receive(message);
  }

  /** The client has said hello, and has its answer. */
  answered(): void {
    this.#served();
  }

  async close(): Promise<void> {
    this.#handshake?.close();
    await (await this.#modern)?.close();
  }

  #served(): HandshakeServer {
    if (!this.#handshake) {
      this.#handshake = new HandshakeServer(this.#parts, this.#send);
      this.#parts.session.reachedBy(this.#handshake);
    }
    return this.#handshake;
  }

  #receiveModern(message: JsonObject): void {
    if (message.method !== 'server/discover') this.#probing = false;
    this.#modern ??= this.#loadModern();
    // In the order in which they came: each waits for the same promise.
    void this.#modern.then((server) => server.receive(message as JSONRPCMessage));
  }

  async #loadModern(): Promise<ModernServer> {
    const { serveModern } = await import('./modern-server.ts');
    const server = serveModern(this.#parts, this.#send);
    if (!this.#handshake) this.#parts.session.reachedBy(server);
    return server;
  }
}
