import { basicOf } from '../core/address.ts';
import type { ForwardProxy } from './proxy.ts';
import { type Connector, type Dispatcher, dispatcherBy, isBun } from './runtime.ts';
import { tunnel } from './tunnel.ts';

/** How requests get to a target through a proxy, for `fetch` to be told. */
export type Way = { readonly dispatcher?: Dispatcher } | { readonly proxy: string };

/** One for each proxy: they keep connections. */
const ways = new Map<string, Promise<Way>>();

/** The way through a proxy to what speaks `protocol`. Rejects where this runtime's `fetch` cannot be led. */
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
  const dispatcher = await (isHttp && protocol === 'http:' ? forwarding(proxy) : dispatcherBy(connector(proxy)));
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

/** What a dispatcher is told of a request, as far as it is changed here. */
interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Without TLS the proxy is asked for the target by its whole address (RFC 9112, 3.2.2): few let CONNECT through to port 80. */
async function forwarding({ url }: ForwardProxy): Promise<Dispatcher> {
  const dispatcher = await dispatcherBy({ lookup: undefined } as never);
  if (!dispatcher) return undefined;
  const authorization = basicOf(url);
  const dispatch = (options: DispatchOptions, handler: never) =>
    dispatcher.dispatch(
      {
        ...options,
        origin: url.origin,
        path: `${options.origin}${options.path}`,
        headers: {
          ...options.headers,
          host: new URL(String(options.origin)).host,
          ...(authorization && { 'proxy-authorization': authorization }),
        },
      } as never,
      handler,
    );
  return { dispatch } as unknown as Dispatcher;
}
