import { lookup as dnsLookup } from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';

export type Dispatcher = RequestInit['dispatcher'];

/** Opens the connection to an origin, in the way of the HTTP client that Node brings along. */
export type Connector = (
  to: { readonly hostname: string; readonly port: string; readonly protocol: string },
  done: (error: Error | null, socket: Socket | null) => void,
) => void;

/** Where Node keeps what its `fetch` sends requests by; there after the first call of `fetch`. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/** No limit on the silence of a server: how long a call may take is for its deadline to say, and an idle stream is in order. */
const PATIENT = { bodyTimeout: 0, headersTimeout: 0 };
/** Proxies of the environment are our own to choose; Node may be told to heed them too. */
const NO_PROXY = { httpProxy: '', httpsProxy: '', noProxy: '*' };

/**
 * What `fetch` sends requests by, with connections made as `connect` says. Undefined where that cannot be had: on Bun, or
 * where somebody has set up a kind of their own for this process.
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

/** Whether this is Bun, whose `fetch` takes a proxy by its address. */
export const isBun = process.versions.bun !== undefined;

/** Looks names up, and gives only what `admit` has seen all of: what it throws is the connection's error. */
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
