import type { Socket } from 'node:net';
// The only import of `socks`, in a file that is loaded on demand: a bundled CommonJS package that is itself loaded on
// demand has no named exports.
import { SocksClient } from 'socks';
import { userOf } from '../../core/address.ts';
import type { ForwardProxy } from './proxy.ts';
import { ProxyFailure, proxyCannotReach, proxyForbids, proxyLost, proxyWantsUser, settingOf } from './proxy-failure.ts';

/** A connection through a SOCKS5 proxy, which looks the host up. Rejects with `ProxyFailure`. */
export async function throughSocks(
  proxy: ForwardProxy,
  { host, port, timeoutMs }: { readonly host: string; readonly port: number; readonly timeoutMs: number },
): Promise<Socket> {
  const { url } = proxy;
  const who = userOf(url);
  try {
    const { socket } = await SocksClient.createConnection({
      command: 'connect',
      timeout: timeoutMs,
      destination: { host, port },
      proxy: {
        type: 5,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: Number(url.port || 1080),
        ...(who && { userId: who.user, password: who.password }),
      },
    });
    return socket;
  } catch (error) {
    throw socksFailure(proxy, error, host);
  }
}

/** Message of the library when the proxy refuses a connection; the group is the reason (RFC 1928, 6). */
const REJECTED = /rejected connection - (\w+)/;

/**
 * The error for a failure of the library. Only its text is used, because the error object holds all options, the
 * password among them.
 */
function socksFailure(proxy: ForwardProxy, error: unknown, host: string): ProxyFailure {
  const said = error instanceof Error ? error.message : '';
  if (/authentication/i.test(said)) return proxyWantsUser(proxy, '');
  const reason = REJECTED.exec(said)?.[1];
  if (reason === 'NotAllowed') return proxyForbids(proxy, 'allows no connection', host);
  if (reason !== undefined) return proxyCannotReach(proxy, `gets no connection (${reason})`, host);
  if (/timed out/i.test(said)) return proxyLost(proxy, new Error('no answer in time'));
  if (!/handshake|Socket closed|internal error/i.test(said)) return proxyLost(proxy, new Error(said));
  return new ProxyFailure(proxy, 'does not answer as a SOCKS proxy', `should ${settingOf(proxy)} begin with http://?`);
}
