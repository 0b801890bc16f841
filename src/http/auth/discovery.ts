import { hasScheme } from '../../config/parts.ts';
import { causeOf, clip } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** Where an issuer may describe itself: RFC 8414, OpenID Connect, and both with the name at the other end of the path. */
export function discoveryUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const names = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];
  const urls = names.flatMap((name) => [`${origin}${name}${path}`, `${origin}${path}${name}`]);
  return [...new Set(urls)];
}

/** Where the issuer publishes its keys, by its own description; each answer may take `timeoutMs`. Rejects where there is none. */
export async function discoverJwksUrl(issuer: string, timeoutMs: number): Promise<URL> {
  const urls = discoveryUrls(issuer);
  for (const url of urls) {
    const document = await read(url, timeoutMs);
    if (document?.jwks_uri !== undefined) return keysOf(document, issuer, url);
  }
  throw new Error(`the issuer describes itself at none of ${urls.join(', ')}`);
}

/** Undefined for what is no such document; rejects where nobody answers. */
async function read(url: string, timeoutMs: number): Promise<JsonObject | undefined> {
  const headers = { accept: 'application/json' };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
    throw new Error(`${url} does not answer: ${causeOf(error)}`);
  });
  const text = await response.text();
  return response.ok ? parseObject(text) : undefined;
}

/** The JSON object of an answer; undefined for anything else, such as a page for people. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function keysOf(document: JsonObject, issuer: string, url: string): URL {
  if (document.issuer !== issuer) {
    throw new Error(
      `${url} describes the issuer ${quote(document.issuer)}, expected ${quote(issuer)}; write it the same way`,
    );
  }
  const keys = document.jwks_uri;
  const schemes = hasScheme(issuer, ['https']) ? ['https'] : ['http', 'https'];
  if (typeof keys === 'string' && hasScheme(keys, schemes)) return new URL(keys);
  throw new Error(`${url} says ${quote(keys)} for jwks_uri, expected an ${schemes.at(-1)}:// URL`);
}

function quote(value: unknown): string {
  return clip(JSON.stringify(value) ?? 'nothing');
}
