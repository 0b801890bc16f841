import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
} from 'jose';
import { hasScheme } from '../../../config/schema-helpers.ts';
import { withTimeout } from '../../../core/abort.ts';
import { causeOf, clip } from '../../../core/errors.ts';
import { type JsonObject, parseJsonObject } from '../../../core/json.ts';
import type { Logger } from '../../../platform/log.ts';
import { boundedText } from '../../../platform/outbound/bounded-body.ts';
import { Outbound } from '../../../platform/outbound/outbound.ts';

type KeySet = ReturnType<typeof createRemoteJWKSet>;

/** Where keys are published, and how often that place may be asked. */
interface SigningKeysOptions {
  readonly jwksUrl?: string | undefined;
  /** Leads to the keys where `jwksUrl` is absent. */
  readonly issuer?: string | undefined;
  readonly log: Logger;
  readonly cooldownMs?: number;
  readonly pauseMs?: number;
  readonly timeoutMs?: number;
}

/** The published keys of an issuer: fetched when first needed, when they are old, and for a key that is not among them. */
export class SigningKeys {
  readonly #open: () => Promise<KeySet>;
  #set: Promise<KeySet> | undefined;

  constructor({
    jwksUrl,
    issuer = '',
    log,
    cooldownMs = 30_000,
    pauseMs = 5_000,
    timeoutMs = 5_000,
  }: SigningKeysOptions) {
    const onFailure = (error: unknown) =>
      log.warning('the keys that sign access tokens cannot be fetched', { cause: causeOf(error) });
    // What the settings name may be anywhere; what the issuer names may not.
    const outbound = new Outbound({ url: jwksUrl ?? issuer });
    const document = (url: string, init: RequestInit) => fetchDocument(outbound, url, init);
    const fetchKeys = withPause(document, pauseMs, onFailure);
    const discover = withPause(() => discoverJwksUrl(issuer, timeoutMs, outbound), pauseMs, onFailure);
    this.#open = async () =>
      createRemoteJWKSet(jwksUrl === undefined ? await discover() : new URL(jwksUrl), {
        cooldownDuration: cooldownMs,
        timeoutDuration: timeoutMs,
        [customFetch]: fetchKeys,
      });
  }

  /** The key of a token, as `jwtVerify` asks for it. Rejects with the errors of jose about the token, or any other. */
  async keyFor(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    this.#set ??= this.#open();
    const opening = this.#set;
    try {
      return await (await opening)(header, token);
    } catch (error) {
      await this.#reconsider(opening);
      throw error;
    }
  }

  /** Keys that cannot be fetched may have moved. Those that are fresh are kept: then it was the token, or they serve others. */
  async #reconsider(opening: Promise<KeySet>): Promise<void> {
    const set = await opening.catch(() => undefined);
    if (this.#set === opening && !set?.fresh) this.#set = undefined;
  }
}

/** What is no key set counts as unreachable, so that it is not asked for again by every token. */
async function fetchDocument(outbound: Outbound, url: string, init: RequestInit): Promise<Response> {
  const response = await outbound.follow(url, init);
  const text = await boundedText(response, MAX_BYTES);
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}`);
  if (!Array.isArray(parseJsonObject(text)?.keys)) throw new Error(`${url} answers no JSON Web Key Set`);
  return new Response(text);
}

/** The same function, which after it failed fails at once for `pauseMs`, with the same error. */
function withPause<A extends readonly unknown[], R>(
  attempt: (...args: A) => Promise<R>,
  pauseMs: number,
  onFailure: (error: unknown) => void,
): (...args: A) => Promise<R> {
  let failure: { readonly error: unknown; readonly endsAt: number } | undefined;
  return async (...args) => {
    if (failure && performance.now() < failure.endsAt) throw failure.error;
    try {
      return await attempt(...args);
    } catch (error) {
      failure = { error, endsAt: performance.now() + pauseMs };
      onFailure(error);
      throw error;
    }
  };
}

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
    return response.ok ? parseJsonObject(text) : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${url} does not answer: ${causeOf(error)}`);
  });
}

/** Longest description of an issuer, and longest set of its keys. */
const MAX_BYTES = 1024 * 1024;

/** How an issuer or audience may be written: many have an address once with a slash at the end and once without. */
export function variants(name: string): string[] {
  if (!hasScheme(name, ['http', 'https'])) return [name];
  const bare = name.replace(/\/$/, '');
  return [bare, `${bare}/`];
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
