const SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:', 'socks:'];

/** The address of a proxy as written; without a scheme it is one of HTTP. Undefined for anything else. */
export function parseProxy(text: string): URL | undefined {
  const address = text.trim();
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  return url && SCHEMES.includes(url.protocol) && url.hostname !== '' ? url : undefined;
}

/** User and password of an address, decoded; undefined where it has neither. */
export function userOf({ username, password }: URL): { readonly user: string; readonly password: string } | undefined {
  if (username === '' && password === '') return undefined;
  return { user: decoded(username), password: decoded(password) };
}

/** User and password of an address as a header says them; undefined where it has neither. */
export function basicOf(url: URL): string | undefined {
  const who = userOf(url);
  return who && `Basic ${Buffer.from(`${who.user}:${who.password}`).toString('base64')}`;
}

/** Without percent signs, where they are an encoding. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
