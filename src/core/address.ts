const SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:', 'socks:'];

/**
 * Parses the address of a proxy; one without a scheme counts as `http://`. Returns undefined if it is no such address.
 */
export function parseProxy(text: string): URL | undefined {
  const address = text.trim();
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  return url && SCHEMES.includes(url.protocol) && url.hostname !== '' ? url : undefined;
}

/** Returns user and password of an address, decoded; undefined if it has neither. */
export function userOf({ username, password }: URL): { readonly user: string; readonly password: string } | undefined {
  if (username === '' && password === '') return undefined;
  return { user: decoded(username), password: decoded(password) };
}

/** Returns user and password of an address as an `Authorization` header; undefined if it has neither. */
export function basicOf(url: URL): string | undefined {
  const who = userOf(url);
  return who && `Basic ${Buffer.from(`${who.user}:${who.password}`).toString('base64')}`;
}

/** Decodes percent signs; returns a text unchanged if its percent signs are no valid encoding. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
