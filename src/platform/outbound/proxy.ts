import { parseProxy } from '../../core/address.ts';
import { isExempt, isThisMachine } from './no-proxy.ts';

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
