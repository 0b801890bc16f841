import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { basicOf } from '../../core/address.ts';
import { type AddressKind, addressKind } from './address-kind.ts';
import { bounded } from './bounded-body.ts';
import { type ForwardProxy, isThisMachine, type ProxySetting, proxyFor } from './proxy.ts';
import { mayBeAtFault } from './proxy-failure.ts';
import { dispatcherBy, lookupBy } from './runtime.ts';
import { through, type Way } from './through-proxy.ts';
import { noteWay } from './ways.ts';

export interface OutboundOptions {
  /** The address that a person has configured; user and password in it are sent as Basic. */
  readonly url: string;
  readonly proxy?: ProxySetting;
  /** Other addresses that a person has named: they may be anywhere. */
  readonly named?: readonly (string | undefined)[];
}

/** Kinds of addresses to which a server may lead, by the kind of its own. */
const WITHIN_REACH: Readonly<Record<AddressKind, readonly AddressKind[]>> = {
  public: ['public'],
  reserved: ['public'],
  private: ['public', 'private'],
  loopback: ['public', 'private', 'loopback'],
  'link-local': ['public', 'private', 'link-local'],
};

/**
 * Requests to one server and to wherever it leads: the one door for all that we ask of others over HTTP. It knows the
 * proxy, bounds what comes back, and does not let a server lead us to what only we can reach.
 */
export class Outbound {
  readonly #own: URL;
  readonly #basic: string | undefined;
  readonly #proxy: ProxySetting;
  readonly #named: ReadonlySet<string>;
  /** The kinds of addresses at which the server itself was found. */
  readonly #kinds = new Set<AddressKind>();
  /** Origins whose names a proxy may look up. */
  readonly #left = new Set<string>();
  readonly #ways = new Map<string, Promise<Way>>();

  constructor({ url, proxy, named = [] }: OutboundOptions) {
    const own = new URL(url);
    this.#basic = basicOf(own);
    own.username = '';
    own.password = '';
    this.#own = own;
    this.#proxy = proxy;
    this.#named = new Set(
      named.flatMap((each) => (each !== undefined && URL.canParse(each) ? [new URL(each).origin] : [])),
    );
  }

  /** The address of the server, without user and password. */
  get url(): URL {
    return new URL(this.#own);
  }

  /** `fetch` for the server itself, with its user and password where no other `Authorization` is given. */
  readonly fetch = async (target: string | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(target);
    // Nothing should ask for anything else this way.
    if (url.origin !== this.#own.origin) return bounded(await this.follow(url, init));
    const headers = new Headers(init.headers);
    if (this.#basic && !headers.has('authorization')) headers.set('authorization', this.#basic);
    const response = bounded(await this.#send(url, { ...init, headers }, this.#ownWay));
    const proxy = url.protocol === 'http:' ? proxyFor(url, this.#proxy) : undefined;
    return proxy && isOfProxy(response) ? noteWay(response, mayBeAtFault(proxy, url.hostname)) : response;
  };

  /**
   * `fetch` for an address that the server has named. Rejects with `TargetRefused` where it, or a redirect of what is only
   * read, leads to what only we can reach.
   */
  readonly follow = async (target: string | URL, init: RequestInit = {}): Promise<Response> => {
    const isRead = init.redirect === undefined && (init.method ?? 'GET') === 'GET';
    let url = new URL(target);
    for (let followed = 0; ; followed++) {
      const way = this.#isTrusted(url) ? this.#ownWay : this.#guardedWay;
      await this.check(url);
      const response = await this.#send(url, { redirect: 'manual', ...init }, way);
      const next = isRead && followed < MAX_REDIRECTS ? redirectOf(response, url) : undefined;
      if (!next) return response;
      await response.body?.cancel();
      url = next;
    }
  };

  /** Rejects with `TargetRefused` where a person or we should not be led to an address. */
  async check(target: URL): Promise<void> {
    if (this.#isTrusted(target)) return;
    if (!/^https?:$/.test(target.protocol)) throw refused(target, 'is no http(s) address');
    const host = target.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) return this.#admit(target, [host]);
    if (isThisMachine(target)) return this.#admit(target, ['127.0.0.1']);
    const addresses = await addressesOf(target);
    if (addresses.length === 0) this.#admitUnknown(target);
    this.#admit(target, addresses);
  }

  /** Whether a person has named an address beside that of the server. */
  isNamed({ origin }: URL): boolean {
    return this.#named.has(origin);
  }

  /** Lets a proxy look a name up that cannot be looked up here: somebody whom a person has named has named it. */
  leaveToProxy({ origin }: URL): void {
    this.#left.add(origin);
  }

  /** A name that the proxy alone can look up may stand for what only the proxy, and so only we, can reach. */
  #admitUnknown(target: URL): void {
    const proxy = proxyFor(target, this.#proxy);
    const isKnown = this.#left.has(target.origin) || isSameSite(target, this.#own) || this.#kind() !== 'public';
    if (proxy && !isKnown)
      throw refused(target, `is a name that only the proxy (${proxy.from}) can look up: ${NAME_IT}`);
  }

  #isTrusted({ origin }: URL): boolean {
    return origin === this.#own.origin || this.#named.has(origin);
  }

  async #send(url: URL, init: RequestInit, wayTo: (url: URL) => Promise<Way>): Promise<Response> {
    const key = `${wayTo === this.#guardedWay ? 'guarded ' : ''}${url.origin}`;
    const way = this.#ways.get(key) ?? wayTo(url);
    this.#ways.set(key, way);
    try {
      return await fetch(url, { ...init, ...(await way) });
    } catch (error) {
      // What failed to be set up may be set up another time.
      await way.catch(() => this.#ways.delete(key));
      throw refusalIn(error) ?? error;
    }
  }

  /** To the server itself: at whatever address its name stands for, which is noted. */
  readonly #ownWay = async (url: URL): Promise<Way> => {
    const proxy = proxyFor(url, this.#proxy);
    if (proxy) return through(proxy, url.protocol);
    const note = (addresses: readonly string[]) => {
      if (url.origin !== this.#own.origin) return;
      for (const address of addresses) this.#kinds.add(addressKind(address));
    };
    const dispatcher = await dispatcherBy({ lookup: lookupBy(note) });
    if (dispatcher) return { dispatcher };
    note(await addressesOf(url));
    return {};
  };

  /** Elsewhere: the address that is connected to is the one that was looked at, whatever its name stands for the next time. */
  readonly #guardedWay = async (url: URL): Promise<Way> => {
    const proxy = proxyFor(url, this.#proxy);
    if (proxy) return this.#unpinned(url, await through(proxy, url.protocol), proxy);
    const dispatcher = await dispatcherBy({ lookup: lookupBy((addresses) => this.#admit(url, addresses)) });
    return dispatcher ? { dispatcher } : this.#unpinned(url, {});
  };

  /**
   * Where somebody else looks the name up, it may be another address than the one looked at. Over TLS that does no harm:
   * what answers has to prove that it is of that name.
   */
  #unpinned(url: URL, way: Way, proxy?: ForwardProxy): Way {
    const isSafe = url.protocol === 'https:' || url.hostname === this.#own.hostname || this.#kind() !== 'public';
    if (isSafe) return way;
    throw refused(url, `is not https, and ${proxy ? `the proxy (${proxy.from})` : 'this runtime'} looks its name up`);
  }

  #admit(target: URL, addresses: readonly string[]): void {
    const reach = WITHIN_REACH[this.#kind()];
    const [beyond] = addresses.map(addressKind).filter((kind) => !reach.includes(kind));
    if (beyond) throw refused(target, `is a ${beyond} address: ${ONLY_WITHIN}`);
  }

  /**
   * The kind of the server's own address. A name of the public DNS is its owner's to change: where it was ever found at
   * several kinds, it counts as public.
   */
  #kind(): AddressKind {
    const host = this.#own.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) return addressKind(host);
    if (isThisMachine(this.#own)) return 'loopback';
    const [kind = 'public', ...others] = this.#kinds;
    if (others.length === 0) return kind;
    return LOCAL_NAME.test(host) && this.#kinds.has('private') ? 'private' : 'public';
  }
}

/** Whether a proxy that is asked for whole addresses may have given an answer itself. */
function isOfProxy({ status, headers }: Response): boolean {
  return [403, 502, 503, 504].includes(status) || /^text\/html\b/i.test(headers.get('content-type') ?? '');
}

const MAX_REDIRECTS = 5;

/** Where a response leads; undefined where it is one to be read. */
export function redirectOf({ status, headers }: Response, from: URL): URL | undefined {
  const location = headers.get('location');
  if (![301, 302, 303, 307, 308].includes(status) || location === null || !URL.canParse(location, from.href))
    return undefined;
  return new URL(location, from);
}

/** Names that nobody can register: a machine of a local network may have a public address beside its own. */
const LOCAL_NAME = /^[^.]+\.?$|\.(?:local|localdomain|internal|intranet|lan|home|home\.arpa|corp|private)\.?$/i;

/** What a name stands for now; nothing where that cannot be told. */
async function addressesOf({ hostname }: URL): Promise<string[]> {
  const found = await lookup(hostname, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

const NAME_IT = 'if it is right, write it into the configuration, as "issuer" of "oauth" or "jwksUrl" of "auth"';
const ONLY_WITHIN = `only a server with such an address of its own may; ${NAME_IT}`;

function refused({ origin }: URL, why: string): TargetRefused {
  return new TargetRefused(`the server leads to ${origin}, which ${why}`);
}

/**
 * Whether two hosts are of one site: the same, one below the other, or beside each other under a domain that is no top-level
 * one. Two customers of a shared domain pass for one: it must not decide where a secret goes.
 */
export function isSameSite(a: URL, b: URL): boolean {
  const [one, other] = [a, b].map(({ hostname }) => hostname.replace(/\.$/, '')) as [string, string];
  return one === other || isBelow(one, other) || isBelow(other, one) || parentOf(one) === parentOf(other);
}

/** Whether a host is below another one, which is no top-level domain. */
export function isBelow(host: string, parent: string): boolean {
  return parent.includes('.') && host.endsWith(`.${parent}`);
}

/** The domain directly above a host; the host itself where that would be a top-level one, or it has an address for a name. */
function parentOf(host: string): string {
  const parent = host.replace(/^[^.]*\./, '');
  return parent.includes('.') && !/^[\d.]+$|:/.test(host) ? parent : host;
}

/**
 * We do not go where a server leads. A `TypeError`, as that of a connection that fails: the SDK goes on to the next address
 * where a document is merely not there.
 */
export class TargetRefused extends TypeError {
  override readonly name = 'TargetRefused';
}

/** The refusal in an error or one of its causes; `fetch` hides it in a cause. */
export function refusalIn(error: unknown): TargetRefused | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof TargetRefused) return each;
    const refusal: unknown = each instanceof AggregateError ? each.errors.find(refusalIn) : undefined;
    if (refusal) return refusalIn(refusal);
  }
  return undefined;
}
