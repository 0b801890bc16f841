import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { envelopeVersion } from './envelope.ts';
import { HandshakeServer } from './handshake-server.ts';
import type { ModernServer } from './modern-server.ts';
import type { ServerParts } from './server-parts.ts';
import { type LineLimit, StdioTransport } from './stdio-transport.ts';
import { unsupportedVersion } from './unsupported-version.ts';

/** The client's connection, being served. */
export interface StdioConnection {
  /** Resolves when the client has gone. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Serves one client over a pair of streams, in whichever protocol era it opens. */
export function serveStdio(input: Readable, output: Writable, parts: ServerParts, limit: LineLimit): StdioConnection {
  const transport = new StdioTransport(input, output, limit);
  const eras = new Eras(parts, (message) => transport.send(message as JSONRPCMessage));
  transport.onmessage = (message) => {
    if (!isJsonObject(message)) return;
    const refusal = unsupportedVersion(message);
    if (refusal) return void transport.send(refusal as JSONRPCMessage);
    parts.session.observe(message);
    eras.receive(message);
  };
  const ended = new Promise<void>((resolve) => {
    transport.onclose = () => {
      parts.session.end();
      void eras.close();
      resolve();
    };
  });
  void transport.start();
  return { ended, close: () => transport.close() };
}

/**
 * Decides by which server a connection is served: a first message that names a revision of its own is of 2026-07-28, any
 * other is of the revisions with a handshake. A client that only probed with `server/discover` may still fall back.
 */
class Eras {
  readonly #parts: ServerParts;
  readonly #send: (message: JsonObject) => Promise<void>;
  #handshake: HandshakeServer | undefined;
  #modern: Promise<ModernServer> | undefined;
  #probing = true;

  constructor(parts: ServerParts, send: (message: JsonObject) => Promise<void>) {
    this.#parts = parts;
    this.#send = send;
  }

  receive(message: JsonObject): void {
    if (!this.#handshake && (!this.#probing || envelopeVersion(message) !== undefined)) this.#receiveModern(message);
    else this.#served().receive(message);
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
