import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import { GatewayError } from '../../core/errors.ts';

/** Times in ms in which a client must have sent its headers, and its whole request; and longest idle time of a connection. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const IDLE_CONNECTION_MS = 75_000;
/** Times in ms: longest wait at the end for answers that are being sent, and between two checks for idle connections. */
const LAST_ANSWERS_MS = 2_000;
const CLOSING_POLL_MS = 20;
const MAX_HEADER_BYTES = 32 * 1024;

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** `env` holds the request and the response of Node, as `incoming` and `outgoing`. */
  readonly fetch: (request: Request, env: object) => Response | Promise<Response>;
  /** Called before `fetch`. True if it answers the request itself. */
  readonly take: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Answers a request whose `Host` or address is malformed: no `Request` for `fetch` can be made of it. */
  readonly refuse: (request: IncomingMessage, response: ServerResponse) => void;
  /** Called for a request to switch to WebSocket. */
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** A server that listens. */
export interface Listener {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Accepts no more connections. Open connections stay. */
  refuse(): void;
  /** Resolves when every connection is closed. */
  close(): Promise<void>;
}

/** Serves HTTP. Rejects if the address cannot be bound. */
export async function listen({ host, port, onUpgrade, ...handlers }: ListenOptions): Promise<Listener> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, connectionsCheckingInterval: 2_000 });
  answerRequests(server, handlers);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = IDLE_CONNECTION_MS;
  const connections = connectionsOf(server);
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request, socket, head) => {
    // Clients may offer another protocol (`h2c`) beside a normal request. The request is answered without the switch.
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      socket.unshift(withoutUpgrade(request, head));
      server.emit('connection', socket);
      return;
    }
    upgraded.add(socket);
    socket.on('close', () => upgraded.delete(socket));
    onUpgrade(request, socket, head);
  });
  server.on('clientError', refuseBadRequest);
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw listenError(error, host, port);
  });
  const closed = once(server, 'close');
  return {
    url: urlOf(server.address() as AddressInfo, host),
    refuse: () => refuseConnections(server),
    close: async () => {
      refuseConnections(server);
      for (const socket of upgraded) socket.destroy();
      // Answers that are being sent arrive; connections without one are closed.
      const hangUp = setInterval(() => connections.endIdle(), CLOSING_POLL_MS);
      const cut = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
      await closed;
      clearInterval(hangUp);
      clearTimeout(cut);
    },
  };
}

/** Gives each request to `take`, else to `fetch`, else to `refuse`. */
function answerRequests(
  server: Server,
  { fetch, take, refuse }: Pick<ListenOptions, 'fetch' | 'take' | 'refuse'>,
): void {
  // Without an answer of this handler the adaptor leaves the response as it is.
  const errorHandler = (error: unknown) =>
    error instanceof RequestError ? undefined : new Response(null, { status: 500 });
  const answer = getRequestListener(fetch, { errorHandler });
  server.on('request', async (request, response) => {
    if (take(request, response)) return;
    await answer(request, response);
    if (!response.headersSent) refuse(request, response);
  });
}

const CURES: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `port ${port} of ${host} is taken: another program listens there, maybe another mcp-gateway. End it, or choose another port with port in the file, --port or MCP_GATEWAY_PORT (0 takes a free one)`,
  EACCES: (_, port) =>
    `port ${port} may not be opened by this user: those below 1024 are for the system. Choose a higher one with port in the file, --port or MCP_GATEWAY_PORT`,
  EADDRNOTAVAIL: (host) =>
    `${host} is no address of this machine. Write one that is as host in the file, --host or MCP_GATEWAY_HOST: 127.0.0.1 for this machine alone`,
  ENOTFOUND: (host) =>
    `no address is known for ${host}. Write host in the file, --host or MCP_GATEWAY_HOST as an address`,
};

/** The error for an address that cannot be bound, with its cure where one is known. */
function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const cure = CURES[error.code ?? ''];
  return cure ? new GatewayError('CONFIG_INVALID', cure(host, port), { cause: error }) : error;
}

/** Accepts no more connections. `close` of an HTTP server would also cut answers that are being sent. */
function refuseConnections(server: Server): void {
  if (process.versions.bun) server.close();
  else NetServer.prototype.close.call(server);
}

/** Tracks connections, to close the idle ones: Node's own `closeIdleConnections` cuts answers that are being sent. */
function connectionsOf(server: Server): { endIdle(): void } {
  const open = new Set<Socket>();
  const answering = new Set<Socket | null>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    answering.add(socket);
    response.on('close', () => answering.delete(socket));
  });
  return {
    endIdle: () => {
      for (const socket of open) if (!answering.has(socket) && socket.writableLength === 0) socket.end();
    },
  };
}

/** The bytes of a request without its offer to switch protocols. */
function withoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage, head: Buffer): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!/^(upgrade|http2-settings|connection)$/i.test(name)) lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]);
}

/** Answers a request that Node cannot parse. Like Node's own answer, without a body. */
function refuseBadRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || (socket as Socket).destroyed) return;
  const status = STATUS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** URL for people to open. An address that is bound on every interface is reached on this machine as localhost. */
function urlOf({ address, family, port }: AddressInfo, host: string): string {
  const everywhere = ['0.0.0.0', '::'].includes(address);
  const isName = /[a-z]/i.test(host) && !host.includes(':');
  if (everywhere) return `http://localhost:${port}`;
  return `http://${isName ? host : family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
