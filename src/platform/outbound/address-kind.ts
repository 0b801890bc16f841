import { BlockList, isIP } from 'node:net';

/**
 * Target of an address: the internet, a private network, this machine, the local link (where clouds keep the
 * credentials of a machine), or none.
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'link-local' | 'reserved';

/**
 * Ranges by kind; all others are public. 198.18.0.0/15 is public, because some VPN clients use it as the address of all
 * names.
 */
const RANGES: Readonly<Record<Exclude<AddressKind, 'public'>, readonly string[]>> = {
  // A socket to the unspecified address reaches this machine.
  loopback: ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128'],
  // Includes the addresses of the metadata services of clouds that are elsewhere.
  'link-local': ['169.254.0.0/16', 'fe80::/10', '100.100.100.200/32', '192.0.0.192/32', 'fd00:ec2::/32'],
  private: [
    ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '192.0.0.0/24'],
    ...['fc00::/7', 'fec0::/10', '64:ff9b:1::/48'],
  ],
  reserved: ['224.0.0.0/4', '240.0.0.0/4', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', 'ff00::/8', '100::/64'],
};

const LISTS = Object.entries(RANGES).map(([kind, ranges]) => [kind as AddressKind, listOf(ranges)] as const);

/** The kind of an IP address, given as text. A text that is no IP address is reserved. */
export function addressKind(address: string): AddressKind {
  const text = address.replace(/^\[|\]$/g, '').replace(/%.*$/s, '');
  const version = isIP(text);
  if (version === 0) return 'reserved';
  const inner = version === 6 ? innerAddress(text) : undefined;
  if (inner !== undefined) return addressKind(inner);
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return LISTS.find(([, list]) => list.check(text, family))?.[0] ?? 'public';
}

/** A list of ranges in CIDR notation. */
export function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/');
    list.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

/**
 * An address as sockets take it: an IPv6 address that is mapped from IPv4 becomes that IPv4 address. Brackets are
 * allowed.
 */
export function unmapped(address: string): string {
  const text = address.replace(/^\[|\]$/g, '');
  if (isIP(text) !== 6 || text.includes('%')) return address;
  const words = wordsOf(text);
  return MAPPED.every((word, index) => words[index] === word) ? dotted(words.slice(6)) : address;
}

const MAPPED = [0, 0, 0, 0, 0, 0xffff];

/** The IPv4 address within an IPv6 address: mapped, compatible, translated (NAT64), 6to4 and Teredo. */
function innerAddress(text: string): string | undefined {
  const words = wordsOf(text);
  const last = words.slice(6);
  const starts = (...start: number[]) => start.every((word, index) => words[index] === word);
  if (starts(0, 0, 0, 0, 0, 0xffff) || starts(0, 0, 0, 0, 0xffff, 0) || starts(0x64, 0xff9b, 0, 0, 0, 0))
    return dotted(last);
  // `::` and `::1` contain no IPv4 address.
  if (starts(0, 0, 0, 0, 0, 0)) return (last[0] ?? 0) > 0 ? dotted(last) : undefined;
  if (starts(0x2002)) return dotted(words.slice(1, 3));
  if (starts(0x2001, 0)) return dotted(last.map((word) => word ^ 0xffff));
  return undefined;
}

/** The eight 16-bit words of an IPv6 address. */
function wordsOf(text: string): number[] {
  // `URL` normalizes the address and writes it without dots.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const words = (part = '') => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  const [left, right] = [words(head), words(tail)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function dotted(words: readonly number[]): string {
  return words.flatMap((word) => [word >> 8, word & 0xff]).join('.');
}
