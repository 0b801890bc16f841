import { basename } from 'node:path';
import type { GatewaySettings } from '../../config/settings.ts';
import type { JsonObject } from '../../core/json.ts';

/** Properties that identify an entry that leads to the gateway. */
export interface Self {
  /** Absolute paths of the running bin. */
  readonly bins: readonly string[];
  /** `host:port` of the addresses at which it serves HTTP. */
  readonly hosts: readonly string[];
}

/**
 * Matches the last part of a path or package name: `mcp-gateway`, `mcp-gateway-0.1.0.tgz`, `mcp-gateway@0.1.0`.
 * `isOurs` excludes `@somebody/mcp-gateway`.
 */
const OUR_WORD = /^mcp-gateway(?:[-@][\d.]+[\w.-]*)?(?:\.tgz|\.cmd|\.exe)?$/;
const OUR_BIN = /[\\/]mcp-gateway[^\\/]*[\\/](?:dist[\\/])?index\.[jt]s$/;

/** True if an entry, in the fields of any client, starts the gateway or has its address. */
export function leadsToUs(entry: JsonObject, self: Self): boolean {
  const { command, args } = entry;
  const words = [command, args].flat().filter((word) => typeof word === 'string');
  if (words.some((word) => isOurs(word, self))) return true;
  return [entry.url, entry.httpUrl, entry.serverUrl].some((url) => typeof url === 'string' && isOurUrl(url, self));
}

function isOurs(word: string, { bins }: Self): boolean {
  if (word.startsWith('@')) return false;
  return bins.includes(word) || OUR_WORD.test(basename(word.replaceAll('\\', '/'))) || OUR_BIN.test(word);
}

function isOurUrl(text: string, { hosts }: Self): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, host, port, protocol } = new URL(text);
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  const withPort = port === '' ? `${hostname}:${['https:', 'wss:'].includes(protocol) ? 443 : 80}` : host;
  return hosts.includes(isLoopback ? withPort.replace(hostname, 'localhost') : withPort);
}

/** Returns the properties of entries that lead to us, from our settings and the paths of the bin. */
export function selfOf({ host, port, http }: GatewaySettings, bins: readonly string[]): Self {
  const published = http.publicUrl ? new URL(http.publicUrl) : undefined;
  const publicPort = published?.port || (published?.protocol === 'https:' ? '443' : '80');
  return {
    bins,
    hosts: [`localhost:${port}`, `${host}:${port}`, ...(published ? [`${published.hostname}:${publicPort}`] : [])],
  };
}
