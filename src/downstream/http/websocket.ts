import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { JsonObject } from '../../core/json.ts';
import { messageText } from '../protocol/json-rpc.ts';
import type { Admitted } from './auth/admission.ts';
import type { EdgeParts } from './edge-parts.ts';
import { ChannelSession } from './mcp/channel-session.ts';
import { plainPath, type RequestGuard } from './request-guard.ts';
import { HANG_UPS, type HangUp, type Sessions } from './sessions.ts';
import type { UnreadAnswers } from './unread-answers.ts';

/** What a client may leave unread, in bytes, before it is hung up on. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;
/** A client that has not answered a ping by the time of the next one is gone, in ms. */
const PING_MS = 30_000;
const TRY_AGAIN_LATER = 1013;

interface WebSocketParts {
  readonly edge: EdgeParts;
  readonly sessions: Sessions;
  readonly unread: UnreadAnswers;
  readonly maxFrameBytes: number;
  /** Counts messages; the error for those that come too often. */
  readonly limit: (admitted: Admitted, messages: number) => JsonObject | undefined;
}

/** `/ws`: MCP over WebSocket, a JSON-RPC message in each text frame, in either era. */
class WebSockets {
  readonly #parts: WebSocketParts;
  readonly #server: WebSocketServer;

  constructor(parts: WebSocketParts) {
    this.#parts = parts;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: parts.maxFrameBytes,
      handleProtocols: (offered) => (offered.has('mcp') ? 'mcp' : false),
    });
  }

  /** Takes over the socket of an upgrade request that was admitted. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, admitted: Admitted): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#serve(client, admitted));
  }

  #serve(client: WebSocket, admitted: Admitted): void {
    const { edge, sessions, limit, unread } = this.#parts;
    const account = unread.of(admitted.caller.id);
    const close = account.open({ bytes: () => client.bufferedAmount, cut: () => client.terminate() });
    const send = (message: JsonObject) => {
      if (client.bufferedAmount > MAX_UNREAD_BYTES) client.terminate();
      else client.send(messageText(message));
      account.written(client.bufferedAmount);
    };
    const hangUp = (why: HangUp) => {
      const [code, reason] = HANG_UPS[why];
      client.close(code, reason);
    };
    const session = sessions.begin('websocket', admitted, (id, caller) => {
      const { isStopping } = edge;
      return new ChannelSession(id, edge.openSession(caller), { send, hangUp, isStopping });
    });
    if (!session) {
      close();
      client.close(TRY_AGAIN_LATER, 'too many sessions');
      return;
    }
    client.on('message', (data) => {
      session.receive(String(data), (messages) => limit(admitted, messages));
    });
    const stopPinging = keepAlive(client);
    client.on('error', (error) => edge.log.debug('websocket', { error: error.message }));
    client.on('close', () => {
      stopPinging();
      close();
      void sessions.end(session.id);
    });
  }
}

function keepAlive(client: WebSocket): () => void {
  let isAlive = true;
  client.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) return client.terminate();
    isAlive = false;
    client.ping();
  }, PING_MS).unref();
  return () => clearInterval(timer);
}

export interface UpgradeParts {
  readonly edge: EdgeParts;
  readonly sessions: Sessions;
  readonly gate: RequestGuard;
  readonly unread: UnreadAnswers;
  readonly maxFrameBytes: number;
  /** The address by which a client reaches us. */
  readonly publicUrl: (request: { readonly url: string }) => string;
}

const PATH = '/ws';

/** Requests to switch to WebSocket: they pass the same checks as any other request. */
export class Upgrades {
  readonly #parts: UpgradeParts;
  readonly #webSockets: WebSockets;

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
    const { edge, sessions, maxFrameBytes, gate, unread } = parts;
    this.#webSockets = new WebSockets({
      edge,
      sessions,
      maxFrameBytes,
      unread,
      limit: (admitted, messages) => gate.takeMessages(admitted, messages),
    });
  }

  async accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const passage = await this.#admit(request);
      if (passage instanceof Response) await refuse(socket, passage);
      else this.#webSockets.accept(request, socket, head, passage);
    } catch {
      socket.destroy();
    }
  }

  async #admit(request: IncomingMessage): Promise<Admitted | Response> {
    const { gate, edge, publicUrl } = this.#parts;
    const headers = headersOf(request);
    const origin = `http://${request.headers.host ?? 'localhost'}`;
    // What begins with two slashes would be a host.
    const url = new URL(request.url?.startsWith('/') ? origin + request.url : (request.url ?? '/'), origin);
    if (plainPath(url.pathname) !== PATH) return new Response(null, { status: 404 });
    if (edge.isStopping()) return new Response(null, { status: 503 });
    const misaddressed = gate.misaddressed(headers);
    if (misaddressed) return misaddressed;
    const passage = await gate.admit(headers, () => ({ publicUrl: publicUrl({ url: url.href }), path: '' }));
    return 'refusal' in passage ? passage.refusal : passage.admitted;
  }
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  return headers;
}

async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const lines = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = Buffer.byteLength(body);
  socket.end(
    `HTTP/1.1 ${response.status} Refused\r\n${lines}content-length: ${length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
