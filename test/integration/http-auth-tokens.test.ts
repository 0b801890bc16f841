import { type CryptoKey, exportSPKI, importJWK, type JWTPayload, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JwtSettings } from '../../src/config/auth.ts';
import type {
  Admission,
  Admitted,
  Authenticator,
  AuthenticatorOptions,
} from '../../src/downstream/http/auth/admission.ts';
import { createAuthenticator } from '../../src/downstream/http/auth/authenticator.ts';
import { discoveryUrls } from '../../src/downstream/http/auth/signing-keys.ts';
import { createLogger } from '../../src/platform/log.ts';
import { Issuer, inSeconds, type SigningKey, signed, signingKey } from '../helpers/logins/token-issuer.ts';
import { refusedPort } from '../helpers/servers/endpoints.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const HS = {
  algorithm: 'HS256',
  privateKey: new TextEncoder().encode(SECRET),
  jwk: {},
};
let first: SigningKey;
let second: SigningKey;
beforeAll(async () => {
  [first, second] = await Promise.all([signingKey('first'), signingKey('second')]);
});

function authenticator(jwt: Partial<JwtSettings>, options: Partial<AuthenticatorOptions> = {}): Authenticator {
  const log = createLogger(() => {});
  return createAuthenticator({ strategy: 'jwt', jwt: { clockSkewSeconds: 30, ...jwt } }, { log, ...options });
}

function ask(authentication: Authenticator, token: string): Promise<Admission> {
  return authentication.authenticate(new Headers({ authorization: `Bearer ${token}` }));
}

async function admitted(authentication: Authenticator, token: string): Promise<Admitted> {
  const admission = await ask(authentication, token);
  if ('refused' in admission) throw new Error(admission.reason);
  return admission;
}

/** An issuer that publishes the first key, and settings that lead to it. */
async function published(): Promise<{ issuer: Issuer; jwksUrl: string }> {
  const issuer = await new Issuer().start();
  issuer.publish(first);
  return { issuer, jwksUrl: `${issuer.url}/keys` };
}

describe.each(['secret', 'published key'] as const)('tokens signed with a %s', (kind) => {
  async function prepared(): Promise<{
    settings: Partial<JwtSettings>;
    sign: (claims: JWTPayload) => Promise<string>;
  }> {
    const sign = (claims: JWTPayload) => signed(kind === 'secret' ? HS : first, claims);
    const place = kind === 'secret' ? { secret: SECRET } : { jwksUrl: (await published()).jwksUrl };
    return { settings: { ...place, issuer: 'us', audience: 'gw' }, sign };
  }
  const GOOD = { sub: 'ada', iss: 'us', aud: 'gw' };

  test('are taken, and end when they expire [http.auth-jwt]', async () => {
    const { settings, sign } = await prepared();
    const exp = inSeconds(60);
    const admission = await admitted(authenticator(settings), await sign({ ...GOOD, exp }));
    expect(admission).toMatchObject({ caller: { id: 'user:ada', roles: [] }, expiresAt: (exp + 30) * 1000 });
    expect(await ask(authenticator(settings), await sign({ ...GOOD, aud: ['x', 'gw'] }))).toHaveProperty('caller');
  });

  test.each<[JWTPayload, string]>([
    [{ exp: inSeconds(-3600) }, 'expired'],
    [{ nbf: inSeconds(3600) }, 'not_yet_valid'],
    [{ exp: undefined }, 'no_expiry'],
    [{ iss: 'them' }, 'wrong_issuer'],
    [{ iss: undefined }, 'wrong_issuer'],
    [{ aud: 'other' }, 'wrong_audience'],
    [{ aud: undefined }, 'wrong_audience'],
    [{ sub: undefined }, 'no_subject'],
    [{ sub: 'x'.repeat(256) }, 'no_subject'],
  ])('are refused with %j: %s [http.auth-jwt-claims]', async (claims, reason) => {
    const { settings, sign } = await prepared();
    expect(await ask(authenticator(settings), await sign({ ...GOOD, ...claims }))).toMatchObject({
      refused: 401,
      reason,
    });
  });

  test('may be off by the clock skew, and no more [http.auth-jwt-skew]', async () => {
    const { settings, sign } = await prepared();
    const lenient = authenticator({ ...settings, clockSkewSeconds: 600 });
    const strict = authenticator({ ...settings, clockSkewSeconds: 0 });
    for (const [claims, reason] of [
      [{ exp: inSeconds(-120) }, 'expired'],
      [{ nbf: inSeconds(120) }, 'not_yet_valid'],
    ] as const) {
      const token = await sign({ ...GOOD, ...claims });
      expect(await ask(lenient, token)).toHaveProperty('caller');
      expect(await ask(strict, token)).toMatchObject({ reason });
    }
  });

  test('are refused without signature, or changed after it [http.auth-jwt-forged]', async () => {
    const { settings, sign } = await prepared();
    const [header, , signature] = (await sign(GOOD)).split('.');
    const other = (await sign({ ...GOOD, sub: 'eve' })).split('.')[1];
    const unsigned = new UnsecuredJWT({ ...GOOD, exp: inSeconds(60) }).encode();
    const [bare, body] = unsigned.split('.');
    const authentication = authenticator(settings);
    for (const [token, reason] of [
      [`${header}.${other}.${signature}`, 'bad_signature'],
      [`${header}.${other}.`, 'bad_signature'],
      [unsigned, 'wrong_algorithm'],
      [`${bare}.${body}.${signature}`, 'wrong_algorithm'],
      ['a.b.c', 'malformed_token'],
      ['nonsense', 'malformed_token'],
    ] as const)
      expect(await ask(authentication, token), token).toMatchObject({ refused: 401, reason });
  });

  test('only with an algorithm of the settings [http.auth-jwt-forged]', async () => {
    const { settings, sign } = await prepared();
    const algorithms = [kind === 'secret' ? 'HS512' : 'ES256'];
    expect(await ask(authenticator({ ...settings, algorithms }), await sign(GOOD))).toMatchObject({
      reason: 'wrong_algorithm',
    });
  });

  test('stand until what decides on them is changed [http.auth-revoked]', async () => {
    const { settings, sign } = await prepared();
    const { credential } = await admitted(authenticator(settings), await sign(GOOD));
    expect(authenticator(settings).stands(credential)).toBe(true);
    expect(authenticator({ ...settings, clockSkewSeconds: 5 }).stands(credential)).toBe(true);
    expect(authenticator({ ...settings, audience: 'x' }).stands(credential)).toBe(false);
    expect(authenticator({ ...settings, issuer: 'x' }).stands(credential)).toBe(false);
  });

  test('are shown nowhere [http.auth-secrets]', async () => {
    const { settings, sign } = await prepared();
    const lines: string[] = [];
    const authentication = authenticator(settings, { log: createLogger((line) => lines.push(line), 'debug') });
    for (const claims of [{}, { aud: 'other' }, { exp: inSeconds(-3600) }]) {
      const token = await sign({ ...GOOD, ...claims });
      const shown = JSON.stringify([await ask(authentication, token), lines]);
      for (const part of [...token.split('.'), SECRET]) expect(shown).not.toContain(part);
    }
  });
});

test('a token signed with the public key as if it were a secret is refused [http.auth-jwt-forged]', async () => {
  const { jwksUrl } = await published();
  const publicKey = (await importJWK(first.jwk, 'RS256', { extractable: true })) as CryptoKey;
  for (const text of [await exportSPKI(publicKey), JSON.stringify(first.jwk), String(first.jwk.n)]) {
    const forged = { ...HS, privateKey: new TextEncoder().encode(text), jwk: first.jwk };
    expect(await ask(authenticator({ jwksUrl }), await signed(forged, { sub: 'eve' }))).toMatchObject({
      reason: 'wrong_algorithm',
    });
  }
});

test('a token signed with another key of the same name is refused [http.auth-jwt-forged]', async () => {
  const { jwksUrl } = await published();
  const forged = { ...second, jwk: first.jwk };
  expect(await ask(authenticator({ jwksUrl }), await signed(forged, { sub: 'eve' }))).toMatchObject({
    reason: 'bad_signature',
  });
});

test.each(['RS256', 'PS384', 'ES256', 'EdDSA'])('published keys for %s are used [http.auth-jwt]', async (algorithm) => {
  const { issuer, jwksUrl } = await published();
  const key = await signingKey('k', algorithm);
  issuer.publish(first, key);
  expect(await ask(authenticator({ jwksUrl }), await signed(key, { sub: 'ada' }))).toHaveProperty('caller');
});

test('a token that names no key is tried with all of them [http.auth-jwt]', async () => {
  const { issuer, jwksUrl } = await published();
  const [nameless, unpublished] = await Promise.all([signingKey(undefined), signingKey(undefined)]);
  issuer.publish(first, nameless);
  const authentication = authenticator({ jwksUrl });
  expect(await ask(authentication, await signed(nameless, { sub: 'ada' }))).toHaveProperty('caller');
  expect(await ask(authentication, await signed(unpublished, { sub: 'eve' }))).toMatchObject({
    reason: 'bad_signature',
  });
});

test('a token is taken from Authorization alone [http.auth-jwt]', async () => {
  const token = await signed(HS, { sub: 'ada' });
  const authentication = authenticator({ secret: SECRET });
  const asKey = await authentication.authenticate(new Headers({ 'x-api-key': token }));
  expect(asKey).toMatchObject({ refused: 401, reason: 'missing_token' });
});

test.each<[JWTPayload, object]>([
  [
    { sub: 'ada', client_id: 'app' },
    { id: 'user:ada', roles: [] },
  ],
  [
    { client_id: 'app', azp: 'z' },
    { id: 'client:app', roles: [] },
  ],
  [{ azp: 'z' }, { id: 'client:z', roles: [] }],
  [
    { sub: 'a', roles: ['x', 'y', 3, 'x'], scope: 's' },
    { id: 'user:a', roles: ['x', 'y'] },
  ],
  [
    { sub: 'a', scope: 's t' },
    { id: 'user:a', roles: [] },
  ],
  [
    { sub: 'a', scp: ['s', 't'] },
    { id: 'user:a', roles: [] },
  ],
  [
    { sub: 'a', roles: { admin: true } },
    { id: 'user:a', roles: [] },
  ],
])('claims %j are the caller %j [http.auth-jwt-caller]', async (claims, caller) => {
  expect(await ask(authenticator({ secret: SECRET }), await signed(HS, claims))).toMatchObject({ caller });
});

describe('published keys', () => {
  test('that were rotated in are fetched when they are needed [http.auth-jwks-rotation]', async () => {
    const { issuer, jwksUrl } = await published();
    const authentication = authenticator({ jwksUrl }, { cooldownMs: 0 });
    expect(await ask(authentication, await signed(first, { sub: 'a' }))).toHaveProperty('caller');
    const token = await signed(second, { sub: 'a' });
    expect(await ask(authentication, token)).toMatchObject({ refused: 401, reason: 'unknown_signing_key' });
    issuer.publish(second);
    expect(await ask(authentication, token)).toHaveProperty('caller');
    expect(await ask(authentication, await signed(first, { sub: 'a' }))).toMatchObject({
      reason: 'unknown_signing_key',
    });
  });

  test('are fetched once for many tokens, of known and of unknown keys [http.auth-jwks-bounded]', async () => {
    const { issuer, jwksUrl } = await published();
    const authentication = authenticator({ jwksUrl });
    const [good, bad] = await Promise.all([signed(first, { sub: 'a' }), signed(second, { sub: 'a' })]);
    const tokens = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? good : bad));
    const answers = await Promise.all(tokens.map((token) => ask(authentication, token)));
    expect(answers.filter((answer) => 'caller' in answer)).toHaveLength(50);
    for (const token of tokens) await ask(authentication, token);
    expect(issuer.asked).toEqual(['/keys']);
  });

  test.each([
    ['jwksUrl', 'answers 500'],
    ['issuer', 'describes itself at none'],
  ] as const)(
    'that %s does not lead to are 503, asked for once, and told in the log [http.auth-jwks-down] [http.auth-jwks-bounded]',
    async (place, cause) => {
      const { issuer, jwksUrl } = await published();
      issuer.broken = true;
      const lines: string[] = [];
      const log = createLogger((line) => lines.push(line));
      const settings = place === 'issuer' ? { issuer: issuer.url } : { jwksUrl };
      const authentication = authenticator(settings, { log, pauseMs: 60_000 });
      const token = await signed(first, { sub: 'a', iss: issuer.url });
      for (let round = 0; round < 20; round += 1)
        expect(await ask(authentication, token)).toMatchObject({ refused: 503, reason: 'keys_unavailable' });
      expect(issuer.asked).toHaveLength(place === 'issuer' ? 2 : 1);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(cause);
    },
  );

  test('are used as soon as they can be fetched [http.auth-jwks-down]', async () => {
    const { issuer, jwksUrl } = await published();
    const authentication = authenticator({ jwksUrl }, { pauseMs: 0 });
    const token = await signed(first, { sub: 'a' });
    issuer.broken = true;
    expect(await ask(authentication, token)).toMatchObject({ refused: 503 });
    issuer.broken = false;
    expect(await ask(authentication, token)).toHaveProperty('caller');
    issuer.broken = true;
    expect(await ask(authentication, token)).toHaveProperty('caller');
  });

  test('that are none, or at a port where nobody listens, are 503 [http.auth-jwks-down]', async () => {
    const { issuer, jwksUrl } = await published();
    const token = await signed(first, { sub: 'a' });
    for (const document of ['<html>', '[]', {}, { keys: 3 }]) {
      issuer.documents.set('/keys', document);
      expect(await ask(authenticator({ jwksUrl }), token)).toMatchObject({ refused: 503 });
    }
    const nobody = authenticator({ jwksUrl: `http://127.0.0.1:${await refusedPort()}/keys` });
    expect(await ask(nobody, token)).toMatchObject({ refused: 503 });
  });

  test('that fail for an unknown key keep serving the known ones [http.auth-jwks-down]', async () => {
    const { issuer, jwksUrl } = await published();
    const authentication = authenticator({ jwksUrl }, { cooldownMs: 0, pauseMs: 0 });
    const good = await signed(first, { sub: 'a' });
    expect(await ask(authentication, good)).toHaveProperty('caller');
    issuer.broken = true;
    expect(await ask(authentication, await signed(second, { sub: 'a' }))).toMatchObject({ refused: 503 });
    expect(await ask(authentication, good)).toHaveProperty('caller');
  });
});

describe('discovery', () => {
  test.each([0, 1, 2, 3])(
    'finds the keys by place %i of an issuer with a path [http.auth-discovery]',
    async (place) => {
      const { issuer, jwksUrl } = await published();
      const name = `${issuer.url}/realms/a`;
      const url = new URL(discoveryUrls(name)[place] ?? '');
      issuer.documents.set(url.pathname, { issuer: name, jwks_uri: jwksUrl });
      const authentication = authenticator({ issuer: name });
      const token = await signed(first, { sub: 'a', iss: name });
      for (let round = 0; round < 3; round += 1) expect(await ask(authentication, token)).toHaveProperty('caller');
      expect(issuer.asked.filter((path) => path === url.pathname || path === '/keys')).toHaveLength(2);
    },
  );

  test('passes over pages for people [http.auth-discovery]', async () => {
    const { issuer, jwksUrl } = await published();
    issuer.documents.set('/.well-known/oauth-authorization-server', '<html>');
    issuer.documents.set('/.well-known/openid-configuration', { issuer: issuer.url, jwks_uri: jwksUrl });
    const token = await signed(first, { sub: 'a', iss: issuer.url });
    expect(await ask(authenticator({ issuer: issuer.url }), token)).toHaveProperty('caller');
  });

  test.each([
    [{ issuer: 'https://other' }, 'describes the issuer'],
    [{ jwks_uri: 'file:///etc/passwd' }, 'jwks_uri'],
    [{ jwks_uri: 3 }, 'jwks_uri'],
  ])('does not go by a document with %j [http.auth-discovery]', async (wrong, cause) => {
    const { issuer, jwksUrl } = await published();
    const document = { issuer: issuer.url, jwks_uri: jwksUrl, ...wrong };
    issuer.documents.set('/.well-known/openid-configuration', document);
    const lines: string[] = [];
    const authentication = authenticator({ issuer: issuer.url }, { log: createLogger((line) => lines.push(line)) });
    const token = await signed(first, { sub: 'a', iss: issuer.url });
    expect(await ask(authentication, token)).toMatchObject({ refused: 503 });
    expect(lines.join()).toContain(cause);
  });

  test('looks in the places of RFC 8414 and OpenID Connect [http.auth-discovery]', () => {
    expect(discoveryUrls('https://h/')).toEqual([
      'https://h/.well-known/oauth-authorization-server',
      'https://h/.well-known/openid-configuration',
    ]);
    expect(discoveryUrls('https://h/p')).toEqual([
      'https://h/.well-known/oauth-authorization-server/p',
      'https://h/p/.well-known/oauth-authorization-server',
      'https://h/.well-known/openid-configuration/p',
      'https://h/p/.well-known/openid-configuration',
    ]);
  });
});
