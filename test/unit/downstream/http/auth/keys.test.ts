import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApiKey } from '../../../../../src/config/auth.ts';
import type { GatewaySettings } from '../../../../../src/config/settings.ts';
import type { Admitted } from '../../../../../src/downstream/http/auth/admission.ts';
import { createAuthenticator } from '../../../../../src/downstream/http/auth/authenticator.ts';
import { createLogger } from '../../../../../src/platform/log.ts';
import '../../../../property/seed.ts';

const KEY = 'k3y-that-nobody-may-see-0001';
const OTHER = 'k3y-that-nobody-may-see-0002';
const log = createLogger(() => {});

function authenticator(auth: GatewaySettings['auth']) {
  return createAuthenticator(auth, { log });
}

function withKeys(...apiKeys: ApiKey[]) {
  return authenticator({ strategy: 'api-key', apiKeys });
}

function ask(keys: ReturnType<typeof withKeys>, headers: Record<string, string>) {
  return keys.authenticate(new Headers(headers));
}

async function admitted(keys: ReturnType<typeof withKeys>, key: string): Promise<Admitted> {
  const admission = await ask(keys, { 'X-API-Key': key });
  if ('refused' in admission) throw new Error(admission.reason);
  return admission;
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

test.each([[undefined], [{ strategy: 'none' } as const]])(
  'with auth %j everybody is anonymous, whatever they send [http.auth-none]',
  async (auth) => {
    for (const headers of [{}, { 'X-API-Key': 'x' }, { Authorization: 'Bearer x' }] as Record<string, string>[]) {
      const admission = await ask(authenticator(auth), headers);
      expect(admission).toMatchObject({ caller: { id: 'anonymous', roles: [] } });
    }
  },
);

test.each([
  [{ Authorization: `Bearer ${KEY}` }],
  [{ authorization: `bEARER   ${KEY}` }],
  [{ 'X-API-Key': KEY }],
  [{ 'x-api-key': KEY, authorization: `Bearer ${KEY}` }],
  [{ 'x-api-key': KEY, authorization: 'Basic dTpw' }],
])('a key is taken from %j [http.auth-key]', async (headers) => {
  expect(await ask(withKeys(OTHER, KEY), headers)).toMatchObject({ caller: { roles: [] } });
});

test.each([
  [{}, 'missing_key'],
  [{ authorization: 'Basic dTpw' }, 'missing_key'],
  [{ 'x-api-key': ' ' }, 'missing_key'],
  [{ authorization: 'Bearer' }, 'malformed_header'],
  [{ authorization: `Bearer ${KEY} ${KEY}` }, 'malformed_header'],
  [{ authorization: `Bearer ${KEY}, Bearer ${KEY}` }, 'malformed_header'],
  [{ 'x-api-key': KEY, authorization: `Bearer ${OTHER}` }, 'conflicting_keys'],
  [{ authorization: 'Bearer wrong' }, 'unknown_key'],
  [{ 'x-api-key': KEY.slice(0, -1) }, 'unknown_key'],
  [{ 'x-api-key': KEY.toUpperCase() }, 'unknown_key'],
  [{ 'x-api-key': `${KEY}, ${KEY}` }, 'unknown_key'],
])('%j is refused: %s [http.auth-key]', async (headers, reason) => {
  expect(await ask(withKeys(KEY, OTHER), headers)).toMatchObject({ refused: 401, reason });
});

test('a key written as its hash opens; the hash does not [http.auth-key-hashed]', async () => {
  const hash = hashOf(KEY);
  for (const written of [`sha256:${hash}`, `SHA256:${hash.toUpperCase()}`, { hash }, { hash: `sha256:${hash}` }]) {
    const keys = withKeys(written);
    expect(await admitted(keys, KEY)).toMatchObject({ caller: { id: `key-${hash.slice(0, 8)}` } });
    for (const wrong of [hash, `sha256:${hash}`, OTHER])
      expect(await ask(keys, { 'x-api-key': wrong })).toMatchObject({ reason: 'unknown_key' });
  }
});

test('the caller has what is written beside its key; else an id of its hash [http.auth-key-caller]', async () => {
  const keys = withKeys({ key: KEY, id: 'ci', roles: ['deploy'], tags: ['team-a'] }, OTHER);
  expect((await admitted(keys, KEY)).caller).toEqual({ id: 'ci', roles: ['deploy'], tags: ['team-a'] });
  expect((await admitted(keys, OTHER)).caller).toEqual({ id: `key-${hashOf(OTHER).slice(0, 8)}`, roles: [] });
});

test('without keys, which wrong settings come to, nobody is admitted [http.auth-settings]', async () => {
  for (const headers of [{}, { 'x-api-key': KEY }] as Record<string, string>[])
    expect(await ask(withKeys(), headers)).toMatchObject({ refused: 503, reason: 'auth_misconfigured' });
});

test('a key stands until it is taken out or means another caller [http.auth-revoked]', async () => {
  const { credential } = await admitted(withKeys(KEY, OTHER), KEY);
  expect(withKeys(KEY).stands(credential)).toBe(true);
  expect(withKeys(OTHER, 'new', KEY).stands(credential)).toBe(true);
  expect(withKeys(`sha256:${hashOf(KEY)}`).stands(credential)).toBe(true);
  expect(withKeys(OTHER).stands(credential)).toBe(false);
  expect(withKeys().stands(credential)).toBe(false);
  expect(withKeys({ key: KEY, roles: ['less'] }).stands(credential)).toBe(false);
  expect(authenticator(undefined).stands(credential)).toBe(false);
});

test('who was anonymous stands as long as everybody is [http.auth-revoked]', async () => {
  const { credential } = await admitted(authenticator(undefined), '');
  expect(authenticator({ strategy: 'none' }).stands(credential)).toBe(true);
  expect(withKeys(KEY).stands(credential)).toBe(false);
});

test('neither what is admitted nor what is refused shows a key or its hash [http.auth-secrets]', async () => {
  const keys = withKeys(KEY);
  const shown = JSON.stringify([
    await ask(keys, { 'x-api-key': KEY }),
    await ask(keys, { 'x-api-key': OTHER }),
    await ask(keys, { 'x-api-key': KEY, authorization: `Bearer ${OTHER}` }),
    await ask(keys, { authorization: `Bearer ${KEY} ${OTHER}` }),
  ]);
  for (const secret of [KEY, OTHER, hashOf(KEY), hashOf(OTHER)]) expect(shown).not.toContain(secret);
});

/** What a header may hold: bytes without line breaks. */
const headerText = fc
  .string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) })
  .map((text) => text.replace(/[\r\n]/g, ''));
const token = fc.oneof(
  headerText,
  fc.array(fc.base64String(), { maxLength: 5 }).map((parts) => parts.join('.')),
);

test('any headers are answered, and refused [http.auth-robust]', async () => {
  const secret = 'a secret of more than thirty-two bytes';
  const strategies = [withKeys(KEY), authenticator({ strategy: 'jwt', jwt: { secret, clockSkewSeconds: 30 } })];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('Bearer ', 'bearer', '', 'Basic '),
      token,
      headerText,
      async (scheme, text, key) => {
        const headers = new Headers({ authorization: scheme + text, 'x-api-key': key });
        for (const strategy of strategies) {
          const admission = await strategy.authenticate(headers);
          expect(admission).toMatchObject({ refused: 401 });
        }
      },
    ),
    { numRuns: 300 },
  );
});
