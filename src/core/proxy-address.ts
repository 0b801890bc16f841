const SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:', 'socks:'];

/** The address of a proxy as written; without a scheme it is one of HTTP. Undefined for anything else. */
export function parseProxy(text: string): URL | undefined {
  const address = text.trim();
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  return url && SCHEMES.includes(url.protocol) && url.hostname !== '' ? url : undefined;
}
