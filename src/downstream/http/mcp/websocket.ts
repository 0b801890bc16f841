import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { JsonObject } from '../../../core/json.ts';
import { messageText } from '../../protocol/json-rpc.ts';
import type { EdgeParts } from '../request/edge-parts.ts';
import { notFoundReply } from '../request/problem.ts';
import type { TextReply } from '../request/reply.ts';
import { fieldsOf, plainPath, RequestContext } from '../request/request-context.ts';
import type { RequestGuard } from '../request/request-guard.ts';
import type { RequestSteps } from '../request/request-steps.ts';
import { ChannelSession } from './channel-session.ts';
import { HANG_UPS, type HangUp, type Sessions } from './sessions.ts';

/** Maximum bytes that a client may leave unread before its connection is cut. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;
/** Time in ms between pings. The connection of a client that has not answered one by the next is cut. */
const PING_MS = 30_000;
const TRY_AGAIN_LATER = 1013;
const PATH = '/ws';

export interface WebSocketServices {
  readonly edge: Pick<EdgeParts, 'openSession' | 'isStopping' | 'settings' | 'log'>;
  readonly sessions: Sessions;
  readonly guard: Pick<RequestGuard, 'takeMessages'>;
  readonly steps: RequestSteps;
}

/** `/ws`: MCP over WebSocket, one JSON-RPC message or batch in each text frame, in either era. */
export class WebSockets {
  readonly #services: WebSocketServices;
  #server: WebSocketServer;

  constructor(services: WebSocketServices) {
    this.#services = services;
    this.#server = createServer(services.edge.settings().http.maxBodyBytes);
  }

  /** Answers a request to switch to WebSocket, which passes the same steps as any other request. */
  async accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const context = contextOf(request);
      const refusal = await this.#check(context);
      if (refusal) return refuse(socket, refusal, context);
      const server = this.#serverWithLimit(this.#services.edge.settings().http.maxBodyBytes);
      server.handleUpgrade(request, socket, head, (client) => this.#serve(client, context));
    } catch {
      socket.destroy();
    }
  }

  async #check(context: RequestContext): Promise<TextReply | undefined> {
    const { steps } = this.#services;
    const refusal = await steps.enter(context);
    if (refusal) return refusal;
    return context.path === PATH ? steps.admit(context) : notFoundReply(context.path, context.id);
  }

  /** The limit may have changed since the last upgrade. WebSockets that are open keep the limit that they began with. */
  #serverWithLimit(maxFrameBytes: number): WebSocketServer {
    if (this.#server.options.maxPayload !== maxFrameBytes) this.#server = createServer(maxFrameBytes);
    return this.#server;
  }

  #serve(client: WebSocket, { admitted, account }: RequestContext): void {
    const { edge, sessions, guard } = this.#services;
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
      session.receive(String(data), (messages) => guard.takeMessages(admitted, messages));
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

function createServer(maxFrameBytes: number): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    handleProtocols: (offered) => (offered.has('mcp') ? 'mcp' : false),
  });
}

function contextOf(request: IncomingMessage): RequestContext {
  const origin = `http://${request.headers.host ?? 'localhost'}`;
  // A path that begins with two slashes would be read as a host.
  const url = new URL(request.url?.startsWith('/') ? origin + request.url : (request.url ?? '/'), origin);
  return new RequestContext({
    ...{ method: 'GET', path: plainPath(url.pathname), headers: fieldsOf(request) },
    ...{ url: url.href, isUpgrade: true },
  });
}

function refuse(socket: Duplex, { status, headers, body = '' }: TextReply, { answerHeaders }: RequestContext): void {
  const fields = { ...answerHeaders, ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n${lines.join('')}\r\n${body}`);
}
