import { hasScheme } from '../../../config/parts.ts';
import { withTimeout } from '../../../core/abort.ts';
import { causeOf, clip } from '../../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import { boundedText } from '../../../platform/outbound/bounded-body.ts';
import type { Outbound } from '../../../platform/outbound/outbound.ts';

/** Where an issuer may describe itself: RFC 8414, OpenID Connect, and both with the name at the other end of the path. */
export function discoveryUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const names = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];
  const urls = names.flatMap((name) => [`${origin}${name}${path}`, `${origin}${path}${name}`]);
  return [...new Set(urls)];
}

/** Where the issuer publishes its keys, by its own description; each answer may take `timeoutMs`. Rejects where there is none. */
export async function discoverJwksUrl(issuer: string, timeoutMs: number, outbound: Outbound): Promise<URL> {
  const urls = discoveryUrls(issuer);
  for (const url of urls) {
    const document = await read(url, timeoutMs, outbound);
    if (document?.jwks_uri === undefined) continue;
    const keys = keysOf(document, issuer, url);
    // The issuer is a person's word, and this is its own.
    outbound.leaveToProxy(keys);
    return keys;
  }
  throw new Error(`the issuer describes itself at none of ${urls.join(', ')}`);
}

/** Undefined for what is no such document; rejects where nobody answers. */
async function read(url: string, timeoutMs: number, outbound: Outbound): Promise<JsonObject | undefined> {
  const headers = { accept: 'application/json' };
  return withTimeout(timeoutMs, async (signal) => {
    const response = await outbound.follow(url, { headers, signal });
    const text = await boundedText(response, MAX_BYTES);
    return response.ok ? parseObject(text) : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${url} does not answer: ${causeOf(error)}`);
  });
}

/** Longest description of an issuer, and longest set of its keys. */
export const MAX_BYTES = 1024 * 1024;

/** How an issuer or audience may be written: many have an address once with a slash at the end and once without. */
export function variants(name: string): string[] {
  if (!hasScheme(name, ['http', 'https'])) return [name];
  const bare = name.replace(/\/$/, '');
  return [bare, `${bare}/`];
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
  if (!variants(issuer).some((each) => each === document.issuer)) {
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
