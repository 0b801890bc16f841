/**
 * Whether two hosts are of one site: the same, one below the other, or beside each other under a domain that is no top-level
 * one. Two customers of a shared domain pass for one: it must not decide where a secret goes.
 */
export function isSameSite(a: URL, b: URL): boolean {
  const [one, other] = [a, b].map(({ hostname }) => hostname.replace(/\.$/, '')) as [string, string];
  return one === other || isBelow(one, other) || isBelow(other, one) || parentOf(one) === parentOf(other);
}

function isBelow(host: string, parent: string): boolean {
  return parent.includes('.') && host.endsWith(`.${parent}`);
}

/** The domain directly above a host; the host itself where that would be a top-level one, or it has an address for a name. */
function parentOf(host: string): string {
  const parent = host.replace(/^[^.]*\./, '');
  return parent.includes('.') && !/^[\d.]+$|:/.test(host) ? parent : host;
}
