import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';

/** A pair of keys, its public half as it is published. */
export interface SigningKey {
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JsonObject;
}

/** A key without `kid` is published without, and its tokens do not name one. */
export async function signingKey(kid: string | undefined, algorithm = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), ...(kid !== undefined && { kid }), alg: algorithm, use: 'sig' };
  return { algorithm, privateKey, jwk };
}

/** A token of `claims`, for an hour unless they say otherwise. */
export function signed(
  {
    algorithm,
    privateKey,
    jwk,
  }: Pick<SigningKey, 'algorithm' | 'jwk'> & { readonly privateKey: CryptoKey | Uint8Array },
  claims: JWTPayload,
): Promise<string> {
  const { kid } = jwk;
  return new SignJWT({ exp: inSeconds(3600), ...claims })
    .setProtectedHeader({ alg: algorithm, ...(typeof kid === 'string' && { kid }) })
    .sign(privateKey);
}

/** An epoch time in seconds. */
export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** An issuer on a real socket that publishes its keys, and counts how often it is asked. Ends with the test. */
export class Issuer {
  /** What it answers under each path; anything else is 404. */
  readonly documents = new Map<string, unknown>();
  readonly asked: string[] = [];
  /** Answers 500 to everything. */
  broken = false;
  #origin = '';

  get url(): string {
    return this.#origin;
  }

  async start(): Promise<this> {
    const server = createServer(({ url = '' }, response) => {
      this.asked.push(url);
      const document = this.documents.get(url);
      response.writeHead(this.broken ? 500 : document === undefined ? 404 : 200);
      response.end(typeof document === 'string' ? document : JSON.stringify(document));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close().closeAllConnections());
    this.#origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  publish(...keys: SigningKey[]): void {
    this.documents.set('/keys', { keys: keys.map(({ jwk }) => jwk) });
  }
}
