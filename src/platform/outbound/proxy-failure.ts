import { causeOf } from '../../core/errors.ts';
import { type ForwardProxy, shownProxy } from './proxy.ts';

/**
 * A proxy that does not lead on, before anything of a request has reached its server. Names the proxy without its user and
 * password, who has configured it, the cause and the cure.
 */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure';
  /** Tells that nobody has taken the request. */
  readonly code = 'EPROXY';

  constructor(proxy: ForwardProxy, cause: string, cure: string) {
    super(`the proxy ${shownProxy(proxy)} ${cause}; ${cure}`);
  }
}

/** A proxy to which there is no connection, or which is of another kind than its address says. */
export function proxyLost(proxy: ForwardProxy, error: unknown): ProxyFailure {
  if (error instanceof ProxyFailure) return error;
  if (saysNoTls(error))
    return new ProxyFailure(proxy, 'speaks no TLS', `should ${settingOf(proxy)} begin with http://?`);
  // In these words "the server" is whatever was connected to.
  const said = causeOf(error).replace(/\bthe server\b/g, 'it');
  return new ProxyFailure(proxy, `cannot be used: ${said}`, `see whether it runs, and correct ${settingOf(proxy)}`);
}

/** A proxy that wants to know who we are, or does not believe it. */
export function proxyWantsUser(proxy: ForwardProxy, said: string): ProxyFailure {
  const setting = settingOf(proxy);
  if (proxy.url.username !== '')
    return new ProxyFailure(proxy, `refuses the user and password of its address${said}`, `correct ${setting}`);
  const cure = `write them into ${setting}, between :// and the host, with an @ at their end`;
  return new ProxyFailure(proxy, `wants a user and a password${said}`, cure);
}

/** A proxy that answers a request for a connection to `host` with a status. */
export function proxyRefusal(proxy: ForwardProxy, status: number, host: string): ProxyFailure {
  if (status === 407) return proxyWantsUser(proxy, ' (HTTP 407)');
  const answered = `answered HTTP ${status}`;
  if (status >= 500) return proxyCannotReach(proxy, answered, host);
  if (status >= 400) return proxyForbids(proxy, answered, host);
  return new ProxyFailure(proxy, `${answered}, as no proxy does`, `correct ${settingOf(proxy)}`);
}

/** A proxy that gets no connection to `host`. */
export function proxyCannotReach(proxy: ForwardProxy, cause: string, host: string): ProxyFailure {
  const cure = `see whether ${host} is the right host and the proxy can reach it, or ${aroundProxy(proxy, host)}`;
  return new ProxyFailure(proxy, `${cause} for ${host}`, cure);
}

/** A proxy that has its rules. */
export function proxyForbids(proxy: ForwardProxy, cause: string, host: string): ProxyFailure {
  const cure = `ask who runs it to let you through, or ${aroundProxy(proxy, host)}`;
  return new ProxyFailure(proxy, `${cause} for ${host}`, cure);
}

/** A tunnel to `host` that stands, and in which TLS does not come about. */
export function tunnelLost(proxy: ForwardProxy, error: unknown, host: string): Error {
  if (error instanceof ProxyFailure) return error;
  if (saysNoTls(error)) {
    const cure = `see whether it wants a login in a browser first, or ${host} is to be reached by http:// or ws://`;
    return new ProxyFailure(proxy, `leads to what speaks no TLS in place of ${host}`, cure);
  }
  // Of certificates too: a proxy that looks into TLS shows its own.
  const cause = causeOf(error).replace(/\bthe server\b/g, host);
  return new ProxyFailure(proxy, `leads to ${host}, and there: ${cause}`, PROBES);
}

const PROBES =
  'if it looks into TLS, name the certificate of its issuer in NODE_EXTRA_CA_CERTS; else ask who runs the server';

/** A connection by way of a proxy that broke off, or over which no HTTP came; other errors as they are. */
export function brokenOff(proxy: ForwardProxy, error: unknown, host: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(?:HPE_|UND_ERR_SOCKET$|ECONNRESET$|EPIPE$)/.test(code)) return error;
  return new Error(`by way of ${mayBeAtFault(proxy, host)}`, { cause: error });
}

/** A proxy for what it may have done as well as the server behind it, with the cure. */
export function mayBeAtFault(proxy: ForwardProxy, host: string): string {
  return `the proxy ${shownProxy(proxy)}, which may be at fault: see whether it reaches ${host}, or ${aroundProxy(proxy, host)}`;
}

/** What gets a host past a proxy. */
export function aroundProxy({ from }: ForwardProxy, host: string): string {
  return from === 'proxy' ? 'take "proxy" out of the entry' : `name ${host} in NO_PROXY`;
}

/** The setting that names a proxy. */
export function settingOf({ from }: ForwardProxy): string {
  return from === 'proxy' ? '"proxy" of the entry' : from;
}

function saysNoTls(error: unknown): boolean {
  const said = error instanceof Error ? error.message : '';
  return /SSL routines:[^:]*:(?:wrong version number|packet length too long|http request|unknown protocol)/i.test(said);
}
