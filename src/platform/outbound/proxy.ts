import { isIP } from 'node:net';
import { parseProxy } from '../../core/address.ts';
import { addressKind, listOf, unmapped } from './address-kind.ts';

type Environment = { readonly [name: string]: string | undefined };

/** The `proxy` of an entry: an address; `false` or "" for none; absent: as the environment says. */
export type ProxySetting = string | false | undefined;

/** What requests go through on their way. */
export interface ForwardProxy {
  readonly url: URL;
  /** Who says so: `proxy`, or the variable of the environment. */
  readonly from: string;
}

/**
 * The proxy on the way to a target; undefined where there is none. `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` count in
 * either case, the small one first, for what is not on this machine and not in `NO_PROXY`. Throws where one is no address.
 */
export function proxyFor(target: URL, setting: ProxySetting, env: Environment = process.env): ForwardProxy | undefined {
  if (setting === false || setting === '') return undefined;
  if (setting !== undefined) return { url: parsed(setting, 'proxy'), from: 'proxy' };
  const name = variablesFor(target).find((each) => env[each]);
  if (name === undefined || isThisMachine(target) || isExempt(target, env.no_proxy || env.NO_PROXY || ''))
    return undefined;
  return { url: parsed(env[name] ?? '', name), from: name };
}

/** A proxy for people: without its user and password. */
export function shownProxy({ url, from }: ForwardProxy): string {
  return `${url.protocol}//${url.host} (${from})`;
}

function variablesFor({ protocol }: URL): string[] {
  const own = /^(?:https|wss):$/.test(protocol) ? 'https_proxy' : 'http_proxy';
  return [own, 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
}

function parsed(text: string, from: string): URL {
  const url = parseProxy(text);
  // The text may hold a password.
  if (!url) throw new Error(`${from} is no address of a proxy: expected http://host:port, https:// or socks5://`);
  return url;
}

/**
 * Whether `NO_PROXY` names a target: `*`; a name with or without a dot before it, which stands for what is below it too;
 * an address or a range of addresses; each with a port if only that is meant. Divided by commas or blanks.
 */
function isExempt(target: URL, list: string): boolean {
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry === '*' || (entry !== '' && isNamed(target, entry)));
}

/** Whether a host is this machine: proxies of the environment are for what is elsewhere. */
export function isThisMachine({ hostname }: URL): boolean {
  const host = bare(hostname);
  if (isIP(host) !== 0) return addressKind(host) === 'loopback';
  return host === 'localhost' || host.endsWith('.localhost');
}

function isNamed(target: URL, entry: string): boolean {
  const host = bare(target.hostname);
  const range = /^([\da-f.:]+)\/(\d{1,3})$/.exec(entry);
  if (range) return isWithin(host, range[1] ?? '', Number(range[2]));
  // An IPv6 address has colons of its own: with a port it stands in brackets.
  const [, bracketed, named, port] = /^(?:\[(.+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  if (port !== undefined && port !== portOf(target)) return false;
  const written = (bracketed ?? named ?? '').replace(/^\*?\./, '').replace(/\.$/, '');
  if (written === '') return false;
  const name = canonical(written);
  return host === name || (isIP(host) === 0 && isIP(name) === 0 && host.endsWith(`.${name}`));
}

function isWithin(host: string, network: string, bits: number): boolean {
  const [version, ofNetwork] = [isIP(host), isIP(network)];
  if (version === 0 || version !== ofNetwork || bits > (version === 4 ? 32 : 128)) return false;
  return listOf([`${network}/${bits}`]).check(host, version === 4 ? 'ipv4' : 'ipv6');
}

/** A host as it is compared: without brackets and the dot at its end, an address of IPv4 as such however it is mapped. */
function bare(hostname: string): string {
  return unmapped(hostname.toLowerCase().replace(/^\[|\]$/g, '')).replace(/\.$/, '');
}

/** A name or an address as URLs write it: `127.1` is 127.0.0.1 there, and letters beyond ASCII are encoded. */
function canonical(written: string): string {
  const host = isIP(written) === 6 ? `[${written}]` : written;
  return bare(URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : written);
}

function portOf({ port, protocol }: URL): string {
  return port || (/^(?:https|wss):$/.test(protocol) ? '443' : '80');
}
