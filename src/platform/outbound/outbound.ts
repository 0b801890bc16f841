import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { asAbortSignal } from '../../core/abort.ts';
import { basicOf } from '../../core/address.ts';
import { type AddressKind, addressKind } from './address-kind.ts';
import { bounded } from './bounded-body.ts';
import { dispatch } from './dispatched-answer.ts';
import { FetchedAnswer, type HttpAnswer, type HttpRequest } from './http-answer.ts';
import { type ForwardProxy, isThisMachine, type ProxySetting, proxyFor } from './proxy.ts';
import { mayBeAtFault } from './proxy-failure.ts';
import { dispatcherBy, lookupBy } from './runtime.ts';
import { through, type Way } from './through-proxy.ts';
import { noteWay } from './ways.ts';

export interface OutboundOptions {
  /** The configured address. User and password in it are sent as Basic authorization. */
  readonly url: string;
  readonly proxy?: ProxySetting;
  /** Other addresses from the configuration; they may be of any kind. */
  readonly named?: readonly (string | undefined)[];
}

/** Kinds of addresses to which a server may lead us, by the kind of its own address. */
const WITHIN_REACH: Readonly<Record<AddressKind, readonly AddressKind[]>> = {
  public: ['public'],
  reserved: ['public'],
  private: ['public', 'private'],
  loopback: ['public', 'private', 'loopback'],
  'link-local': ['public', 'private', 'link-local'],
};

/**
 * Requests to one server and to the addresses that it names: every HTTP request of the gateway goes through this class.
 * It uses the proxy, bounds the answers, and refuses to be led by a server to addresses that only we can reach.
 */
export class Outbound {
  readonly #own: URL;
  readonly #basic: string | undefined;
  readonly #proxy: ProxySetting;
  readonly #named: ReadonlySet<string>;
  /** Kinds of the addresses at which the server itself was found. */
  readonly #kinds = new Set<AddressKind>();
  /** Origins whose names a proxy may look up. */
  readonly #resolvedByProxy = new Set<string>();
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

  /** Address of the server, without user and password. */
  get url(): URL {
    return new URL(this.#own);
  }

  /** `fetch` for the server itself, with its user and password unless an `Authorization` is given. */
  readonly fetch = async (target: string | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(target);
    // Other origins are not expected here; they are checked as in `follow`.
    if (url.origin !== this.#own.origin) return bounded(await this.follow(url, init));
    const headers = new Headers(init.headers);
    if (this.#basic && !headers.has('authorization')) headers.set('authorization', this.#basic);
    return bounded(await this.#send(url, { ...init, headers }, this.#ownWay));
  };

  /** Sends a request to the server itself, as `fetch` does but at less cost. A redirect is an answer. */
  readonly send = async (url: URL, request: HttpRequest): Promise<HttpAnswer> => {
    const way = url.origin === this.#own.origin ? await this.#way(url, this.#ownWay) : {};
    const answer =
      'dispatcher' in way && way.dispatcher
        ? await dispatch(way.dispatcher, url, this.#withUser(request))
        : await this.#fetched(url, request);
    if (url.protocol !== 'http:' || !isOfProxy(answer)) return answer;
    const proxy = proxyFor(url, this.#proxy);
    return proxy ? noteWay(answer, mayBeAtFault(proxy, url.hostname)) : answer;
  };

  #withUser(request: HttpRequest): HttpRequest {
    const { headers } = request;
    if (this.#basic === undefined || headers.authorization !== undefined) return request;
    return { ...request, headers: { ...headers, authorization: this.#basic } };
  }

  async #fetched(url: URL, { signal, ...request }: HttpRequest): Promise<HttpAnswer> {
    return new FetchedAnswer(await this.fetch(url, { ...request, redirect: 'manual', signal: asAbortSignal(signal) }));
  }

  /**
   * `fetch` for an address that the server has named. Rejects with `TargetRefused` if it leads to an address that only
   * we can reach. Redirects of a GET are followed and checked in the same way.
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

  /** Rejects with `TargetRefused` if neither a person nor we should be led to this address. */
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

  /** True if the configuration names this address beside that of the server. */
  isNamed({ origin }: URL): boolean {
    return this.#named.has(origin);
  }

  /**
   * Lets the proxy look up a name that cannot be looked up here. Called for an address that a configured server has named.
   */
  leaveToProxy({ origin }: URL): void {
    this.#resolvedByProxy.add(origin);
  }

  /**
   * Refuses a name that only the proxy can look up: it may stand for an address that only the proxy, and thus we, can
   * reach.
   */
  #admitUnknown(target: URL): void {
    const proxy = proxyFor(target, this.#proxy);
    const isKnown =
      this.#resolvedByProxy.has(target.origin) || isSameSite(target, this.#own) || this.#kind() !== 'public';
    if (proxy && !isKnown)
      throw refused(target, `is a name that only the proxy (${proxy.from}) can look up: ${NAME_IT}`);
  }

  #isTrusted({ origin }: URL): boolean {
    return origin === this.#own.origin || this.#named.has(origin);
  }

  async #send(url: URL, init: RequestInit, wayTo: (url: URL) => Promise<Way>): Promise<Response> {
    const way = await this.#way(url, wayTo);
    return fetch(url, { ...init, ...way }).catch((error: unknown) => {
      throw refusalIn(error) ?? error;
    });
  }

  #way(url: URL, wayTo: (url: URL) => Promise<Way>): Promise<Way> {
    const key = `${wayTo === this.#guardedWay ? 'guarded ' : ''}${url.origin}`;
    const known = this.#ways.get(key);
    if (known) return known;
    const way = wayTo(url);
    this.#ways.set(key, way);
    // A failed way is forgotten, because a later attempt may succeed.
    way.catch(() => this.#ways.delete(key));
    return way;
  }

  /** The way to the server itself: any address of its name is allowed, and its kind is noted. */
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

  /**
   * The way to other servers: the socket connects to the very address that was checked, whatever the name stands for
   * later.
   */
  readonly #guardedWay = async (url: URL): Promise<Way> => {
    const proxy = proxyFor(url, this.#proxy);
    if (proxy) return this.#unpinned(url, await through(proxy, url.protocol), proxy);
    const dispatcher = await dispatcherBy({ lookup: lookupBy((addresses) => this.#admit(url, addresses)) });
    return dispatcher ? { dispatcher } : this.#unpinned(url, {});
  };

  /**
   * Refuses a name that another party looks up over plain HTTP, because its address may differ from the checked one.
   * TLS makes this safe: the answering server has to prove its name.
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
   * The kind of the server's own address. A name of public DNS can be changed by its owner: if it was found at several
   * kinds, it counts as public.
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

/** True if an answer may come from an HTTP proxy itself. */
function isOfProxy(answer: HttpAnswer): boolean {
  const type = answer.header('content-type') ?? '';
  return [403, 502, 503, 504].includes(answer.status) || /^text\/html\b/i.test(type);
}

const MAX_REDIRECTS = 5;

/** The target of a redirect; undefined if the response is none. */
export function redirectOf({ status, headers }: Response, from: URL): URL | undefined {
  const location = headers.get('location');
  if (![301, 302, 303, 307, 308].includes(status) || location === null || !URL.canParse(location, from.href))
    return undefined;
  return new URL(location, from);
}

/** Names that cannot be registered. A machine of a local network may have a public address beside its private one. */
const LOCAL_NAME = /^[^.]+\.?$|\.(?:local|localdomain|internal|intranet|lan|home|home\.arpa|corp|private)\.?$/i;

/** The current addresses of a name; empty if the lookup fails. */
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
 * True if two hosts belong to one site: they are the same, one is below the other, or they share a parent domain that
 * is no top-level domain. Two customers of a shared domain pass too, so this must not decide where a secret goes.
 */
function isSameSite(a: URL, b: URL): boolean {
  const [one, other] = [a, b].map(({ hostname }) => hostname.replace(/\.$/, '')) as [string, string];
  return one === other || isBelow(one, other) || isBelow(other, one) || parentOf(one) === parentOf(other);
}

/** True if `host` is below `parent`, and `parent` is no top-level domain. */
export function isBelow(host: string, parent: string): boolean {
  return parent.includes('.') && host.endsWith(`.${parent}`);
}

/**
 * The domain directly above a host. The host itself if that would be a top-level domain, or if the host is an IP
 * address.
 */
function parentOf(host: string): string {
  const parent = host.replace(/^[^.]*\./, '');
  return parent.includes('.') && !/^[\d.]+$|:/.test(host) ? parent : host;
}

/**
 * A server leads to an address that we refuse. It is a `TypeError`, like a failed connection: the SDK then tries the
 * next address, as for a document that is missing.
 */
export class TargetRefused extends TypeError {
  override readonly name = 'TargetRefused';
}

/** The `TargetRefused` among an error and its causes; `fetch` hides it in a cause. */
export function refusalIn(error: unknown): TargetRefused | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof TargetRefused) return each;
    const refusal: unknown = each instanceof AggregateError ? each.errors.find(refusalIn) : undefined;
    if (refusal) return refusalIn(refusal);
  }
  return undefined;
}
