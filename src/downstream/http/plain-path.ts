/** A path as it is meant: slashes beside each other are one, and one at the end means nothing. People join addresses with "/". */
export function plainPath(path: string): string {
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}
