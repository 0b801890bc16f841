import { lookup as dnsLookup } from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';

export type Dispatcher = RequestInit['dispatcher'];

/** Opens the connection to an origin; the signature is that of undici, the HTTP client in Node. */
export type Connector = (
  to: { readonly hostname: string; readonly port: string; readonly protocol: string },
  done: (error: Error | null, socket: Socket | null) => void,
) => void;

/** The symbol under which Node keeps the dispatcher of `fetch`. Set by the first call of `fetch`. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/** No timeouts: the deadline of a call bounds it, and an idle stream is in order. */
const PATIENT = { bodyTimeout: 0, headersTimeout: 0 };
/** Overrides the proxies of the environment, which Node may be told to use: the gateway chooses the proxy itself. */
const NO_PROXY = { httpProxy: '', httpsProxy: '', noProxy: '*' };

/**
 * A dispatcher for `fetch` that makes connections by `connect`. Undefined on Bun, and where the process has installed a
 * dispatcher of another kind.
 */
export async function dispatcherBy(connect: Connector | { readonly lookup: LookupFunction }): Promise<Dispatcher> {
  try {
    await fetch('data:,');
    const current: unknown = Reflect.get(globalThis, DISPATCHER);
    if (typeof current !== 'object' || current === null) return undefined;
    return Reflect.construct(current.constructor, [{ ...PATIENT, ...NO_PROXY, connect }]);
  } catch {
    return undefined;
  }
}

/** True on Bun, whose `fetch` takes the address of a proxy. */
export const isBun = process.versions.bun !== undefined;

/**
 * A lookup that calls `admit` with all addresses of a name first. If `admit` throws, its error becomes the error of the
 * connection.
 */
export function lookupBy(admit: (addresses: readonly string[]) => void): LookupFunction {
  return (host, options, callback) =>
    dnsLookup(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      try {
        admit(found.map(({ address }) => address));
      } catch (refusal) {
        return callback(refusal as NodeJS.ErrnoException, []);
      }
      const [first] = found;
      if (options.all || !first) return callback(null, found);
      callback(null, first.address, first.family);
    });
}
