import { unmapped } from '../../../platform/outbound/address-kind.ts';

export interface HostCheckOptions {
  /** Address that the edge binds. */
  readonly host: string;
  /** Further names: `gateway.example.com`, `*.example.com`, or `*` for any. */
  readonly allowedHosts: readonly string[];
  readonly publicUrl?: string | undefined;
  /** Web origins of other sites that may call; `*` for any. */
  readonly corsOrigins: readonly string[];
}

/** Refusal for a wrong `Host` or `Origin`; `detail` has the cause and the cure. */
interface HostProblem {
  readonly status: 400 | 403;
  readonly detail: string;
}

/** Checks `Host` and `Origin` of a request; undefined lets it pass. */
export type HostCheck = (headers: Pick<Headers, 'get'>) => HostProblem | undefined;

/** Endings of names that nobody can register, so that no web site has one. `.local` covers names in clusters too. */
const PRIVATE = /(^|\.)(local|localhost|internal|lan|home|corp|home\.arpa)$/;

/**
 * Refuses web sites that point their name at the gateway (DNS rebinding), and pages that call it from another origin.
 * Neither an address nor a name that nobody can register can be rebound; a public name must be in the settings.
 */
export function createHostCheck({ host, allowedHosts, publicUrl, corsOrigins }: HostCheckOptions): HostCheck {
  const bound = boundName(host);
  const names = allowedHosts.map((name) => (name === '*' ? name : hostPattern(name)));
  const published = publicUrl === undefined ? undefined : new URL(publicUrl);
  const origins = new Set([...corsOrigins, ...(published ? [published.origin] : [])].map(originText));
  const mayName = (name: string) =>
    isLoopback(name) ||
    name === bound ||
    (published !== undefined && name === hostName(published.host)) ||
    (!isLoopback(bound) && isBeyondRebinding(name)) ||
    names.some((pattern) => matches(pattern, name));
  return (headers) => {
    const given = headers.get('host') ?? '';
    const name = hostName(given);
    if (name === undefined) return { status: 400, detail: 'the Host header is missing or is no host name' };
    if (!mayName(name)) return { status: 403, detail: unknownHost(name) };
    const origin = headers.get('origin');
    if (origin === null || origins.has('*') || origins.has(originText(origin)) || isOwn(origin, given))
      return undefined;
    return {
      status: 403,
      detail: 'requests of web pages of this Origin are not allowed; those that are stand in corsOrigins',
    };
  };
}

function unknownHost(name: string): string {
  return `the gateway is not known as ${name.slice(0, 100)}; if it should be, add that name to http.allowedHosts`;
}

function isBeyondRebinding(name: string): boolean {
  return isAddress(name) || !name.includes('.') || PRIVATE.test(name);
}

/** A name of `allowedHosts`, without its port. */
function hostPattern(name: string): string {
  const rest = name.startsWith('*.') ? name.slice(2) : name;
  return `${name.startsWith('*.') ? '*.' : ''}${boundName(rest).toLowerCase()}`;
}

function matches(pattern: string, name: string): boolean {
  return pattern === '*' || pattern === name || (pattern.startsWith('*.') && name.endsWith(pattern.slice(1)));
}

/** An origin as browsers write it. An origin with a scheme of an app's own stays, in lower case. */
function originText(origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  return url && url.origin !== 'null' ? url.origin : origin.toLowerCase().replace(/\/$/, '');
}

/** True for a page of the gateway itself, by `http` or by `https` through a proxy. */
function isOwn(origin: string, host: string): boolean {
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  const { protocol, host: own } = new URL(origin);
  return own === new URL(`${protocol}//${host}`).host;
}

/** The name in a `Host` header, in lower case and without a final dot, IPv6 in brackets; undefined if it is malformed. */
function hostName(host: string): string | undefined {
  if (!/^(\[[0-9a-f:.]+\]|[^\s:/?#@\\[\],]+)(:\d{1,5})?$/i.test(host)) return undefined;
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname.replace(/\.$/, '') : undefined;
}

/** True for a name, as `hostName` writes it, that means this machine only. */
export function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || (isAddress(name) && unmapped(name).startsWith('127.'));
}

/** True for an IP address, as `hostName` writes it. */
function isAddress(name: string): boolean {
  return name.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(name);
}

/** `hostName` for an address in the settings, where IPv6 may stand without brackets. */
export function boundName(host: string): string {
  return hostName(/^[^[].*:.*:|^:/.test(host) ? `[${host}]` : host) ?? host;
}
