import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { basicOf, userOf } from '../core/address.ts';
import type { ForwardProxy } from './proxy.ts';

/** How long a proxy may take to lead on, in ms. */
const TUNNEL_TIMEOUT_MS = 30_000;

/** What a connection leads to. */
export interface Destination {
  readonly hostname: string;
  readonly port: number;
  /** Whether TLS is spoken with it. */
  readonly secure: boolean;
}

/** A connection through a proxy to a destination, which the proxy looks up. Rejects with what the proxy said. */
export async function tunnel(proxy: ForwardProxy, destination: Destination): Promise<Socket> {
  const socket = proxy.url.protocol.startsWith('socks')
    ? await throughSocks(proxy, destination)
    : await throughHttp(proxy, destination);
  return destination.secure ? secured(socket, destination.hostname) : (socket as Socket);
}

/** By CONNECT (RFC 9110, 9.3.6). */
function throughHttp({ url, from }: ForwardProxy, { hostname, port }: Destination): Promise<Duplex> {
  const path = `${hostname}:${port}`;
  const authorization = basicOf(url);
  const headers = { host: path, ...(authorization && { 'proxy-authorization': authorization }) };
  const isSecure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsRequest : httpRequest)({
      method: 'CONNECT',
      host: bare(url.hostname),
      port: url.port || (isSecure ? 443 : 80),
      path,
      headers,
      agent: false,
      timeout: TUNNEL_TIMEOUT_MS,
    });
    request.once('connect', ({ statusCode = 0 }, socket, head) => {
      socket.setTimeout(0);
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      reject(new Error(`the proxy ${url.host} (${from}) answered HTTP ${statusCode}${cureOf(statusCode)}`));
    });
    // What answers as a web server does is no proxy.
    request.once('response', (response) => {
      response.destroy();
      reject(
        new Error(`the proxy ${url.host} (${from}) answered HTTP ${response.statusCode}${cureOf(response.statusCode)}`),
      );
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${TUNNEL_TIMEOUT_MS} ms`)));
    request.once('error', (cause) => reject(new Error(`the proxy ${url.host} (${from}) cannot be reached`, { cause })));
    request.end();
  });
}

function cureOf(status: number | undefined): string {
  return status === 407 ? ': it wants a user and a password, as in http://user:password@host:port' : '';
}

async function throughSocks({ url, from }: ForwardProxy, { hostname, port }: Destination): Promise<Socket> {
  const { SocksClient } = await import('socks');
  const who = userOf(url);
  try {
    const { socket } = await SocksClient.createConnection({
      command: 'connect',
      timeout: TUNNEL_TIMEOUT_MS,
      destination: { host: bare(hostname), port },
      proxy: {
        type: 5,
        host: bare(url.hostname),
        port: Number(url.port || 1080),
        ...(who && { userId: who.user, password: who.password }),
      },
    });
    return socket;
  } catch (error) {
    // The library's error has the whole of its options, the password among them.
    const said = error instanceof Error ? error.message : 'it cannot be reached';
    throw new Error(`the proxy ${url.host} (${from}): ${said}`);
  }
}

function secured(socket: Duplex, hostname: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const host = bare(hostname);
    const secure = tlsConnect({ socket, host, servername: isName(host) ? host : '', ALPNProtocols: ['http/1.1'] });
    secure.once('secureConnect', () => {
      secure.off('error', reject);
      resolve(secure);
    });
    secure.once('error', reject);
  });
}

function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host);
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
