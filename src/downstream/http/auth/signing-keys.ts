import type { CryptoKey } from 'jose';
import { createRemoteJWKSet, customFetch, type FlattenedJWSInput, type JWTHeaderParameters } from 'jose';
import { causeOf } from '../../../core/errors.ts';
import type { Logger } from '../../../platform/log.ts';
import { boundedText } from '../../../platform/outbound/bounded-body.ts';
import { Outbound } from '../../../platform/outbound/outbound.ts';
import { discoverJwksUrl, MAX_BYTES, parseObject } from './discovery.ts';
import { withPause } from './with-pause.ts';

type KeySet = ReturnType<typeof createRemoteJWKSet>;

/** Where keys are published, and how often that place may be asked. */
export interface SigningKeysOptions {
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
  if (!Array.isArray(parseObject(text)?.keys)) throw new Error(`${url} answers no JSON Web Key Set`);
  return new Response(text);
}
