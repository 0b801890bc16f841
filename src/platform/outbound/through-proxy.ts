import { basicOf } from '../../core/address.ts';
import type { ForwardProxy } from './proxy.ts';
import { brokenOff, proxyRefusal } from './proxy-failure.ts';
import { type Connector, type Dispatcher, dispatcherBy, isBun } from './runtime.ts';
import { connectProxy, tunnel } from './tunnel.ts';

/** Options for `fetch` that lead a request through a proxy. */
export type Way = { readonly dispatcher?: Dispatcher } | { readonly proxy: string };

/** One per proxy, because they pool connections. */
const ways = new Map<string, Promise<Way>>();

/** The way through a proxy to a target of `protocol`. Rejects if the `fetch` of this runtime cannot use the proxy. */
export function through(proxy: ForwardProxy, protocol: string): Promise<Way> {
  const key = `${protocol} ${proxy.url.href}`;
  const way = ways.get(key) ?? wayThrough(proxy, protocol);
  ways.set(key, way);
  return way;
}

async function wayThrough(proxy: ForwardProxy, protocol: string): Promise<Way> {
  const isHttp = /^https?:$/.test(proxy.url.protocol);
  if (isBun) {
    if (isHttp) return { proxy: proxy.url.href };
    throw new Error(
      `${proxy.from} names a SOCKS proxy, which Bun cannot use: run the gateway by Node, or name an HTTP proxy`,
    );
  }
  const dispatcher = await (isHttp && protocol === 'http:'
    ? forwardingDispatcher(proxy)
    : dispatcherBy(connector(proxy)));
  if (!dispatcher) throw new Error(`${proxy.from} names a proxy, but this process has set up a fetch of its own`);
  return { dispatcher };
}

function connector(proxy: ForwardProxy): Connector {
  return ({ hostname, port, protocol }, done) => {
    const secure = protocol === 'https:';
    tunnel(proxy, { hostname, port: Number(port || (secure ? 443 : 80)), secure }).then(
      (socket) => done(null, socket),
      (error: Error) => done(error, null),
    );
  };
}

/** The members of undici's dispatch options that are changed here. */
interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Sends a request without TLS to the proxy with its absolute URL (RFC 9112, 3.2.2): few proxies allow CONNECT to port
 * 80.
 */
async function forwardingDispatcher(proxy: ForwardProxy): Promise<Dispatcher> {
  const dispatcher = await dispatcherBy((_, done) => {
    connectProxy(proxy).then(
      (socket) => done(null, socket),
      (error: Error) => done(error, null),
    );
  });
  if (!dispatcher) return undefined;
  const authorization = basicOf(proxy.url);
  const dispatch = (options: DispatchOptions, handler: object) => {
    const target = new URL(String(options.origin));
    const forwarded = {
      ...options,
      origin: proxy.url.origin,
      path: `${options.origin}${options.path}`,
      headers: {
        ...options.headers,
        host: target.host,
        ...(authorization && { 'proxy-authorization': authorization }),
      },
    };
    return dispatcher.dispatch(forwarded as never, nameProxyInErrors(handler, proxy, target.hostname) as never);
  };
  // `fetch` calls `dispatch` alone.
  return { dispatch } as unknown as Dispatcher;
}

/** Index of the status and of the error among the arguments of a handler's methods, in both generations of undici. */
const STATUS_AT: Readonly<Record<string, number>> = { onHeaders: 0, onResponseStart: 1 };
const ERROR_AT: Readonly<Record<string, number>> = { onError: 0, onResponseError: 1 };

/**
 * A handler whose errors name the proxy where it may be at fault. A 407 fails the request with our own error, because
 * `fetch` would make an error without words of it. undici takes the exception as the error of the request.
 */
function nameProxyInErrors(handler: object, proxy: ForwardProxy, host: string): object {
  return new Proxy(handler, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        if (given[STATUS_AT[String(name)] ?? -1] === 407) throw proxyRefusal(proxy, 407, host);
        const at = ERROR_AT[String(name)];
        if (at !== undefined) given[at] = brokenOff(proxy, given[at], host);
        return Reflect.apply(member, target, given);
      };
    },
  });
}
