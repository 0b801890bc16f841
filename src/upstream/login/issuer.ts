/** Whether two texts name one authorization server: many write its address once with a slash at the end and once without. */
export function sameIssuer(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && withoutSlash(a) === withoutSlash(b);
}

function withoutSlash(issuer: string): string {
  return issuer.replace(/\/$/, '');
}
