// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { algorithmsOf } from '../../../src/config/auth.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { removeFolder } from '../../helpers/system/folders.ts';

const folder = mkdtempSync(join(tmpdir(), 'http-auth-'));
afterAll(() => removeFolder(folder));

const KEY = 'k3y-that-nobody-may-see';
const HASH = createHash('sha256').update(KEY).digest('hex');
const SECRET = 'a-secret-of-more-than-thirty-two-bytes';
const ENV = { HOME: folder, KEY, SECRET, ROLE: 'deploy' };

async function load(auth: unknown) {
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify({ servers: [], auth }));
  const { settings, problems } = await loadConfig(path, ENV);
  const messages = problems.map(({ severity, message }) => `${severity} ${message.replace(`${path}: `, '')}`);
  return { auth: settings.auth, messages };
}

const keys = (...apiKeys: unknown[]) => ({ strategy: 'api-key', apiKeys });
const jwt = (settings: object) => ({ strategy: 'jwt', jwt: settings });

test.each([
  [keys(KEY, `sha256:${'0'.repeat(64)}`)],
  [keys({ key: KEY }, { hash: '0'.repeat(64), id: 'ci', roles: ['a'], tags: ['b'] })],
  [keys({ hash: `sha256:${HASH}`, id: 'a' }, { key: 'other', id: 'b' })],
  [jwt({ secret: SECRET, algorithms: ['HS512'] })],
  [jwt({ secret: SECRET, issuer: 'us' })],
  [jwt({ jwksUrl: 'https://h/keys', issuer: 'us', audience: 'a', algorithms: ['ES256', 'EdDSA'] })],
])('accepted: %j [http.auth-settings]', async (auth) => {
  expect(await load(auth)).toMatchObject({ auth, messages: [] });
});

test.each([
  [keys(KEY, 'other', KEY), 'auth.apiKeys[2]: found a string, expected another key than apiKeys[0] has'],
  [keys(KEY, { hash: HASH, id: 'x' }), 'auth.apiKeys[1]: found an object, expected another key than apiKeys[0] has'],
  [
    keys({ key: KEY, id: 'x' }, { key: 'other', id: 'x' }),
    'auth.apiKeys[1]: found an object, expected another id than apiKeys[0] has',
  ],
  [keys('sha256:1234'), 'auth.apiKeys[0]: found a string, expected a key of visible ASCII characters, or "sha256:"'],
  [keys('two words'), 'auth.apiKeys[0]: found a string, expected a key of visible ASCII'],
  [keys(5), 'auth.apiKeys[0]: found a number, expected a key, its "sha256:…", or an object'],
  [keys({ key: KEY, hash: HASH }), 'auth.apiKeys[0]: found an object, expected either key or hash'],
  [keys({ id: 'x' }), 'auth.apiKeys[0]: found an object, expected either key or hash'],
  [keys({ key: KEY, rolls: ['a'] }), 'auth.apiKeys[0]: unknown key "rolls", did you mean "roles"?'],
  [keys({ hash: HASH.slice(1) }), 'auth.apiKeys[0].hash: found a string, expected the 64 hex digits'],
  [keys({ key: KEY, id: 'a b' }), 'auth.apiKeys[0].id: found a string, expected at most 64 visible ASCII'],
  [jwt({ secret: KEY }), 'auth.jwt.secret: found a string, expected at least 32 bytes, such as `openssl rand -hex 32`'],
  [jwt({ secret: SECRET, jwksUrl: 'https://h' }), 'auth.jwt: found an object, expected either secret or jwksUrl'],
  [jwt({ issuer: 'us' }), 'auth.jwt.issuer: found a string, expected an http(s):// URL, or a jwksUrl or secret'],
  [jwt({ jwksUrl: 'file:///keys' }), 'auth.jwt.jwksUrl: found a string, expected an http(s):// URL'],
  [jwt({ jwksUrl: 'https://h', algorithms: ['RS256', 'HS256'] }), 'auth.jwt.algorithms: found an array, expected HS'],
  [jwt({ secret: SECRET, algorithms: ['RS256'] }), 'auth.jwt.algorithms: found an array, expected HS algorithms with'],
  [jwt({ secret: SECRET, algorithms: ['none'] }), 'auth.jwt.algorithms[0]: found a string, expected one of HS256'],
  [jwt({ secret: SECRET, algorithms: [] }), 'auth.jwt.algorithms: found an empty array, expected at least one'],
  [jwt({ secret: SECRET, clockSkewSeconds: -1 }), 'auth.jwt.clockSkewSeconds: found a number, expected at least 0'],
])('refuse every caller: %j [http.auth-settings]', async (wrong, message) => {
  const { auth, messages } = await load(wrong);
  expect(auth).toEqual({ strategy: 'api-key', apiKeys: [] });
  expect(messages).toEqual([expect.stringContaining(`error ${message}`)]);
  expect(messages[0]).toContain('until then the HTTP edge refuses every caller');
  for (const secret of [KEY, SECRET, HASH]) expect(messages[0]).not.toContain(secret);
});

test('variables are filled in wherever a key has text [http.auth-settings]', async () => {
  const { auth } = await load(keys({ key: '${KEY}', roles: ['${ROLE}'], tags: ['{env:ROLE}'] }));
  expect(auth).toEqual(keys({ key: KEY, roles: ['deploy'], tags: ['deploy'] }));
});

test.each([[{ issuer: 'https://h' }], [{ jwksUrl: 'https://h/keys' }]])(
  'without an audience %j is accepted, with a warning [http.auth-settings]',
  async (settings) => {
    const { auth, messages } = await load(jwt(settings));
    expect(auth).toMatchObject(jwt({ ...settings, clockSkewSeconds: 30 }));
    expect(messages).toEqual([expect.stringMatching(/^warning auth\.jwt: no audience: /)]);
  },
);

test('a secret takes HS algorithms and published keys take the others, never none [http.auth-settings]', () => {
  expect(algorithmsOf({ secret: SECRET })).toEqual(['HS256', 'HS384', 'HS512']);
  const published = algorithmsOf({});
  expect(published).toContain('RS256');
  expect(published.filter((name) => name.startsWith('HS') || name === 'none')).toEqual([]);
});
