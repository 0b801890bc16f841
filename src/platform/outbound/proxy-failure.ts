import { causeOf } from '../../core/errors.ts';
import { type ForwardProxy, shownProxy } from './proxy.ts';

/**
 * A proxy fails before any part of a request has reached its server. The message names the proxy without its user and
 * password, the setting that names it, the cause and the cure.
 */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure';
  /** Code of errors after which no server can have received the request. */
  readonly code = 'EPROXY';

  constructor(proxy: ForwardProxy, cause: string, cure: string) {
    super(`the proxy ${shownProxy(proxy)} ${cause}; ${cure}`);
  }
}

/** The error for a proxy that cannot be connected to, or is of another kind than its address says. */
export function proxyLost(proxy: ForwardProxy, error: unknown): ProxyFailure {
  if (error instanceof ProxyFailure) return error;
  if (saysNoTls(error))
    return new ProxyFailure(proxy, 'speaks no TLS', `should ${settingOf(proxy)} begin with http://?`);
  // `causeOf` calls the peer "the server", which is the proxy here.
  const said = causeOf(error).replace(/\bthe server\b/g, 'it');
  return new ProxyFailure(proxy, `cannot be used: ${said}`, `see whether it runs, and correct ${settingOf(proxy)}`);
}

/** The error for a proxy that wants a user and password, or refuses the given ones. */
export function proxyWantsUser(proxy: ForwardProxy, said: string): ProxyFailure {
  const setting = settingOf(proxy);
  if (proxy.url.username !== '')
    return new ProxyFailure(proxy, `refuses the user and password of its address${said}`, `correct ${setting}`);
  const cure = `write them into ${setting}, between :// and the host, with an @ at their end`;
  return new ProxyFailure(proxy, `wants a user and a password${said}`, cure);
}

/** The error for a proxy that answers CONNECT to `host` with this status. */
export function proxyRefusal(proxy: ForwardProxy, status: number, host: string): ProxyFailure {
  if (status === 407) return proxyWantsUser(proxy, ' (HTTP 407)');
  const answered = `answered HTTP ${status}`;
  if (status >= 500) return proxyCannotReach(proxy, answered, host);
  if (status >= 400) return proxyForbids(proxy, answered, host);
  return new ProxyFailure(proxy, `${answered}, as no proxy does`, `correct ${settingOf(proxy)}`);
}

/** The error for a proxy that gets no connection to `host`. */
export function proxyCannotReach(proxy: ForwardProxy, cause: string, host: string): ProxyFailure {
  const cure = `see whether ${host} is the right host and the proxy can reach it, or ${aroundProxy(proxy, host)}`;
  return new ProxyFailure(proxy, `${cause} for ${host}`, cure);
}

/** The error for a proxy whose rules forbid `host`. */
export function proxyForbids(proxy: ForwardProxy, cause: string, host: string): ProxyFailure {
  const cure = `ask who runs it to let you through, or ${aroundProxy(proxy, host)}`;
  return new ProxyFailure(proxy, `${cause} for ${host}`, cure);
}

/** The error for a tunnel to `host` in which TLS fails. */
export function tunnelLost(proxy: ForwardProxy, error: unknown, host: string): Error {
  if (error instanceof ProxyFailure) return error;
  if (saysNoTls(error)) {
    const cure = `see whether it wants a login in a browser first, or ${host} is to be reached by http:// or ws://`;
    return new ProxyFailure(proxy, `leads to what speaks no TLS in place of ${host}`, cure);
  }
  // Includes wrong certificates: a proxy that inspects TLS presents its own.
  const cause = causeOf(error).replace(/\bthe server\b/g, host);
  return new ProxyFailure(proxy, `leads to ${host}, and there: ${cause}`, PROBES);
}

const PROBES =
  'if it looks into TLS, name the certificate of its issuer in NODE_EXTRA_CA_CERTS; else ask who runs the server';

/**
 * An error that names the proxy, for a connection that was reset or carried no HTTP. Other errors are returned
 * unchanged.
 */
export function brokenOff(proxy: ForwardProxy, error: unknown, host: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(?:HPE_|UND_ERR_SOCKET$|ECONNRESET$|EPIPE$)/.test(code)) return error;
  return new Error(`by way of ${mayBeAtFault(proxy, host)}`, { cause: error });
}

/** Words that name the proxy as a possible cause, with the cure. */
export function mayBeAtFault(proxy: ForwardProxy, host: string): string {
  return `the proxy ${shownProxy(proxy)}, which may be at fault: see whether it reaches ${host}, or ${aroundProxy(proxy, host)}`;
}

/** The setting that lets `host` bypass the proxy, as words of a cure. */
function aroundProxy({ from }: ForwardProxy, host: string): string {
  return from === 'proxy' ? 'take "proxy" out of the entry' : `name ${host} in NO_PROXY`;
}

/** Name of the setting that names the proxy. */
export function settingOf({ from }: ForwardProxy): string {
  return from === 'proxy' ? '"proxy" of the entry' : from;
}

function saysNoTls(error: unknown): boolean {
  const said = error instanceof Error ? error.message : '';
  return /SSL routines:[^:]*:(?:wrong version number|packet length too long|http request|unknown protocol)/i.test(said);
}
