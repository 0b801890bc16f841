import { isIP } from 'node:net';
import { parseProxy } from '../../core/address.ts';
import { addressKind, listOf, unmapped } from './address-kind.ts';

type Environment = { readonly [name: string]: string | undefined };

/** The `proxy` of an entry: an address; `false` or "" for none; undefined: the environment decides. */
export type ProxySetting = string | false | undefined;

/** An HTTP or SOCKS proxy that requests go through. */
export interface ForwardProxy {
  readonly url: URL;
  /** Origin of the setting: `proxy`, or the name of an environment variable. */
  readonly from: string;
}

/**
 * The proxy for a target; undefined: none. `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` count in either case, lower case
 * first, for targets that are neither on this machine nor in `NO_PROXY`. Throws if one is no address.
 */
export function proxyFor(target: URL, setting: ProxySetting, env: Environment = process.env): ForwardProxy | undefined {
  if (setting === false || setting === '') return undefined;
  if (setting !== undefined) return { url: parsed(setting, 'proxy'), from: 'proxy' };
  const name = variablesFor(target).find((each) => env[each]);
  if (name === undefined || isThisMachine(target) || isExempt(target, env.no_proxy || env.NO_PROXY || ''))
    return undefined;
  return { url: parsed(env[name] ?? '', name), from: name };
}

/** A proxy for messages: without its user and password. */
export function shownProxy({ url, from }: ForwardProxy): string {
  return `${url.protocol}//${url.host} (${from})`;
}

function variablesFor({ protocol }: URL): string[] {
  const own = /^(?:https|wss):$/.test(protocol) ? 'https_proxy' : 'http_proxy';
  return [own, 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
}

function parsed(text: string, from: string): URL {
  const url = parseProxy(text);
  // The message omits the text, which may hold a password.
  if (!url) throw new Error(`${from} is no address of a proxy: expected http://host:port, https:// or socks5://`);
  return url;
}

/**
 * True if `NO_PROXY` names a target. Its entries are separated by commas or blanks: `*`; a name, with or without a
 * leading dot, which includes the names below it; an address or a range. Each may have a port, and then counts for that
 * port only.
 */
function isExempt(target: URL, list: string): boolean {
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry === '*' || (entry !== '' && isNamed(target, entry)));
}

/** True if a host is this machine. Proxies of the environment are not used for it. */
export function isThisMachine({ hostname }: URL): boolean {
  const host = bare(hostname);
  if (isIP(host) !== 0) return addressKind(host) === 'loopback';
  return host === 'localhost' || host.endsWith('.localhost');
}

function isNamed(target: URL, entry: string): boolean {
  const host = bare(target.hostname);
  const range = /^([\da-f.:]+)\/(\d{1,3})$/.exec(entry);
  if (range) return isWithin(host, range[1] ?? '', Number(range[2]));
  // An IPv6 address contains colons, so with a port it is in brackets.
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

/**
 * A host for comparison: without brackets and trailing dot; an IPv6 address that is mapped from IPv4 becomes that IPv4
 * address.
 */
function bare(hostname: string): string {
  return unmapped(hostname.toLowerCase().replace(/^\[|\]$/g, '')).replace(/\.$/, '');
}

/** A name or address as URLs write it: `127.1` becomes 127.0.0.1, and letters beyond ASCII are encoded. */
function canonical(written: string): string {
  const host = isIP(written) === 6 ? `[${written}]` : written;
  return bare(URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : written);
}

function portOf({ port, protocol }: URL): string {
  return port || (/^(?:https|wss):$/.test(protocol) ? '443' : '80');
}
