import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { basicOf } from '../../core/address.ts';
import type { ForwardProxy } from './proxy.ts';
import { proxyLost, proxyRefusal, tunnelLost } from './proxy-failure.ts';

/** Longest time in ms until a proxy has connected to the server. */
const TUNNEL_TIMEOUT_MS = 30_000;
/** Longest time in ms for a connection to a proxy, or for TLS through it: the same as in `fetch`. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Target of a tunnel. */
export interface Destination {
  readonly hostname: string;
  readonly port: number;
  /** True if TLS is used with the target. */
  readonly secure: boolean;
}

/** A connection through a proxy to a destination, which the proxy looks up. Rejects with `ProxyFailure`. */
export async function tunnel(proxy: ForwardProxy, destination: Destination): Promise<Socket> {
  const host = bare(destination.hostname);
  const socket = proxy.url.protocol.startsWith('socks')
    ? await throughSocks(proxy, destination)
    : await throughHttp(proxy, destination);
  if (!destination.secure) return socket;
  return secured(socket, host).catch((error: unknown) => {
    throw tunnelLost(proxy, error, host);
  });
}

/** A connection to an HTTP proxy itself, with TLS if its address is https. Rejects with `ProxyFailure`. */
export async function connectProxy(proxy: ForwardProxy): Promise<Socket> {
  const isSecure = proxy.url.protocol === 'https:';
  const host = bare(proxy.url.hostname);
  try {
    const socket = await connected(host, Number(proxy.url.port || (isSecure ? 443 : 80)));
    return isSecure ? await secured(socket, host) : socket;
  } catch (error) {
    throw proxyLost(proxy, error);
  }
}

/** A tunnel by CONNECT (RFC 9110, 9.3.6). */
async function throughHttp(proxy: ForwardProxy, { hostname, port }: Destination): Promise<Socket> {
  const own = await connectProxy(proxy);
  const path = `${hostname}:${port}`;
  const authorization = basicOf(proxy.url);
  const headers = { host: path, ...(authorization && { 'proxy-authorization': authorization }) };
  const asked = request({ method: 'CONNECT', path, headers, createConnection: () => own });
  const late = () => asked.destroy(new Error(`no answer within ${TUNNEL_TIMEOUT_MS / 1_000} s`));
  const timer = setTimeout(late, TUNNEL_TIMEOUT_MS);
  const answered = new Promise<void>((resolve, reject) => {
    const refuse = ({ statusCode = 0 }) => reject(proxyRefusal(proxy, statusCode, bare(hostname)));
    asked.once('connect', (response, _socket, head) => {
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode >= 300) return refuse(response);
      if (head.length > 0) own.unshift(head);
      resolve();
    });
    // An ordinary response instead of a tunnel: the peer refuses, or is a web server and no proxy.
    asked.once('response', refuse);
    asked.once('error', (error) => reject(proxyLost(proxy, error)));
    asked.end();
  });
  try {
    await answered;
    return own;
  } catch (error) {
    own.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function throughSocks(proxy: ForwardProxy, { hostname, port }: Destination): Promise<Socket> {
  const socks = await import('./through-socks.ts');
  return socks.throughSocks(proxy, { host: bare(hostname), port, timeoutMs: TUNNEL_TIMEOUT_MS });
}

function connected(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port });
  return ready(socket, 'connect', socket);
}

/** TLS over a connection, which is destroyed if TLS fails. */
function secured(socket: Duplex, host: string): Promise<Socket> {
  const secure = tlsConnect({ socket, host, servername: isName(host) ? host : '', ALPNProtocols: ['http/1.1'] });
  return ready(secure, 'secureConnect', socket);
}

/** Resolves with the socket at `event`. Rejects with its error or after 10 s, and destroys the connection below it. */
function ready(socket: Socket, event: 'connect' | 'secureConnect', below: Duplex): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
      socket.destroy();
      below.destroy();
    };
    const timer = setTimeout(
      () => fail(new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1_000} s`)),
      CONNECT_TIMEOUT_MS,
    );
    socket.on('error', fail);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host);
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
