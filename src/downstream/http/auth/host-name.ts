import { unmapped } from '../../../platform/outbound/address-kind.ts';

/** A `Host` header: its name lower-case without the last dot, an IPv6 address in brackets; undefined when it is none. */
export function hostName(host: string): string | undefined {
  if (!/^(\[[0-9a-f:.]+\]|[^\s:/?#@\\[\],]+)(:\d{1,5})?$/i.test(host)) return undefined;
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname.replace(/\.$/, '') : undefined;
}

/** Whether a name, as `hostName` writes it, leads to this machine alone. */
export function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || (isAddress(name) && unmapped(name).startsWith('127.'));
}

/** Whether it is an IP address. */
export function isAddress(name: string): boolean {
  return name.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(name);
}

/** As `hostName`, of an address in the settings: IPv6 may stand without brackets. */
export function boundName(host: string): string {
  return hostName(/^[^[].*:.*:|^:/.test(host) ? `[${host}]` : host) ?? host;
}
