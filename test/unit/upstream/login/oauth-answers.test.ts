import { expect, onTestFinished, test } from 'vitest';
import type { OAuthConfig } from '../../../../src/config/schema.ts';
import { causeOf } from '../../../../src/core/errors.ts';
import { Outbound } from '../../../../src/platform/outbound/outbound.ts';
import { Credentials, currentTokens, type StoredCredentials } from '../../../../src/upstream/login/credentials.ts';
import { refreshTokens } from '../../../../src/upstream/login/login.ts';
import { checkSecretFor, oauthFetch } from '../../../../src/upstream/login/oauth-client.ts';
import { isForgotten, PersonLogin } from '../../../../src/upstream/login/person-login.ts';
import { type Oddities, startOdd } from '../../../helpers/logins/odd-authorization-server.ts';
import { temporaryFolder } from '../../../helpers/system/folders.ts';

const AS = '/.well-known/oauth-authorization-server';
const OIDC = '/.well-known/openid-configuration';
const PRM = '/.well-known/oauth-protected-resource/mcp';
const AUTHORIZATION_CODE: OAuthConfig = { grant: 'authorization_code' };

function emptyCredentials(): Credentials {
  const directory = temporaryFolder('mcp-gateway-odd-');
  return Credentials.of(directory, ['odd'], { keychain: 'never' });
}

/** A whole login, with a person who agrees at once; resolves with what is kept then. */
async function logIn(
  origin: string,
  credentials = emptyCredentials(),
  oauth = AUTHORIZATION_CODE,
): Promise<StoredCredentials> {
  const outbound = new Outbound({ url: `${origin}/mcp` });
  const login = await PersonLogin.begin({ outbound, oauth, credentials, onTokens: async () => {} });
  onTestFinished(() => login.cancel('the test is over'));
  const page = await fetch(login.url);
  if (!page.ok) login.cancel(`the page says ${page.status}`);
  await login.done;
  return credentials.read();
}

const nothing = Object.fromEntries(
  ['scopes_supported', 'grant_types_supported', 'revocation_endpoint', 'service_documentation', 'jwks_uri'].map(
    (name) => [name, null],
  ),
);

const SERVERS: Readonly<Record<string, Oddities | ((origin: string) => Oddities)>> = {
  'null members': {
    [PRM]: (usual) => ({ ...usual, scopes_supported: null, resource_name: null, jwks_uri: null }),
    [AS]: (usual) => ({
      ...usual,
      ...nothing,
      code_challenge_methods_supported: null,
      client_id_metadata_document_supported: null,
    }),
    '/register': (usual) => ({
      ...usual,
      client_secret: null,
      client_secret_expires_at: null,
      logo_uri: null,
      contacts: null,
      jwks: null,
    }),
    '/token': (usual) => ({ ...usual, scope: null, id_token: null, expires_in: null }),
  },
  'an issuer with a slash more': { [AS]: (usual) => ({ ...usual, issuer: `${usual.issuer}/` }) },
  'an issuer with a slash less': {
    [PRM]: (usual) => ({ ...usual, authorization_servers: [`${usual.authorization_servers}/`] }),
  },
  'a resource with a slash more': { [PRM]: (usual) => ({ ...usual, resource: `${usual.resource}/` }) },
  'the origin as its resource': { [PRM]: (usual) => ({ ...usual, resource: new URL(String(usual.resource)).origin }) },
  'no resource and one server as text': {
    [PRM]: (usual) => ({ authorization_servers: String(usual.authorization_servers) }),
  },
  'no issuer, lists as text, addresses without an origin': {
    [AS]: () => ({
      authorization_endpoint: '/authorize',
      token_endpoint: '/token',
      registration_endpoint: '/register',
      response_types_supported: 'code token',
      code_challenge_methods_supported: 'S256',
    }),
  },
  'only what is needed': {
    [AS]: ({ registration_endpoint, authorization_endpoint, token_endpoint, issuer }) => ({
      registration_endpoint,
      authorization_endpoint,
      token_endpoint,
      issuer,
    }),
  },
  'a page for people where a document may be': (origin) => ({
    [AS]: () => ({ text: '<!doctype html><title>App</title>' }),
    [OIDC]: () => ({
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
    }),
  }),
  'documents of other types': {
    [PRM]: (usual) => ({ text: JSON.stringify(usual), type: 'text/plain' }),
    [AS]: (usual) => ({ text: `\ufeff${JSON.stringify(usual)}`, type: 'application/octet-stream' }),
  },
  'a client that says only its number': { '/register': () => ({ client_id: 42 }) },
  'a client of neighbouring types': {
    '/register': () => ({
      client_id: 'c',
      redirect_uris: 'http://localhost/callback',
      grant_types: 'authorization_code',
      scope: ['a', 'b'],
      client_id_issued_at: '2026-01-01',
      client_secret_expires_at: '0',
      client_secret: '',
    }),
  },
  ...Object.fromEntries(
    [
      { token_endpoint_auth_method: 'client_secret_basic' },
      { token_endpoint_auth_method: 'client_secret_post', client_secret: null },
      { client_secret_expires_at: 1 },
      { client_secret: 'a-secret', client_secret_expires_at: -1 },
      { client_secret: 'a-secret', client_secret_expires_at: 3_600 },
      { client_secret: 'a-secret', client_secret_expires_at: String(Date.now() + 3_600_000) },
    ].map((odd) => [
      `a client with ${JSON.stringify(odd).replace(/\d{6,}/, 'ms')}`,
      { '/register': (usual) => ({ ...usual, ...odd }) } satisfies Oddities,
    ]),
  ),
  'servers as objects': {
    [PRM]: (usual) => ({ ...usual, authorization_servers: [null, { issuer: String(usual.authorization_servers) }] }),
  },
  'a path as its resource': { [PRM]: (usual) => ({ ...usual, resource: '/mcp' }) },
  'tokens of neighbouring types': {
    '/token': () => ({
      access_token: 'access-1',
      expires_in: '3600',
      scope: ['a', 'b'],
      refresh_token: 'refresh-1',
      token_type: 'bearer',
    }),
  },
  'a token and nothing else': { '/token': () => ({ access_token: 'access-1', refresh_token: 'refresh-1' }) },
  'times that are none': { '/token': (usual) => ({ ...usual, expires_in: 'never', refresh_token_expires_in: {} }) },
  'tokens as a form': {
    '/token': () => ({
      text: 'access_token=access-1&scope=a%2Cb&token_type=bearer&refresh_token=refresh-1',
      type: 'application/x-www-form-urlencoded',
    }),
  },
  'tokens as text': { '/token': (usual) => ({ text: JSON.stringify(usual), type: 'text/plain', status: 201 }) },
};

test.each(Object.entries(SERVERS))('a login comes to its end in spite of %s [oauth.lenient]', async (_, oddities) => {
  const { origin, requests } = await startOdd(oddities);
  const credentials = emptyCredentials();
  const kept = await logIn(origin, credentials);
  expect(currentTokens(kept)).toMatchObject({ access_token: 'access-1', refresh_token: 'refresh-1' });
  expect(currentTokens(kept)?.token_type).toMatch(/^bearer$/i);
  // What is kept is of use: no second registration, and a refresh.
  await logIn(origin, credentials);
  expect(requests.filter(({ path }) => path === '/register')).toHaveLength(1);
  const parts = { serverUrl: `${origin}/mcp`, oauth: AUTHORIZATION_CODE, credentials };
  const fetchFn = oauthFetch(new Outbound({ url: `${origin}/mcp` }));
  expect(await refreshTokens('refresh-1', { ...parts, fetchFn })).toMatchObject({ access_token: 'access-1' });
});

const WITH_ISS: Oddities = {
  [AS]: (usual) => ({ ...usual, authorization_response_iss_parameter_supported: true }),
};

test.each(['/', '/as', '//', '?', '/.', ':1', '.evil.test', '#'])(
  'an `iss` with "%s" more is another issuer, and gets no code [oauth.lenient]',
  async (more) => {
    const { origin, requests } = await startOdd((own) => ({ ...WITH_ISS, '/authorize': () => ({ iss: own + more }) }));
    await expect(logIn(origin)).rejects.toThrow('Issuer mismatch');
    expect(requests.map(({ path }) => path)).not.toContain('/token');
  },
);

test('the time of a secret that is told in milliseconds is kept in seconds, as all others are [oauth.lenient]', async () => {
  const ends = Math.floor(Date.now() / 1_000) + 3_600;
  for (const told of [ends, ends * 1_000, String(ends * 1_000)]) {
    const { origin } = await startOdd({
      '/register': (usual) => ({ ...usual, client_secret: 'a-secret', client_secret_expires_at: told }),
    });
    const { issuers } = await logIn(origin);
    expect(Object.values(issuers)[0]?.client).toMatchObject({ client_secret_expires_at: ends });
  }
});

test('a login page that asks nobody and leads straight back is left for the person to follow [oauth.forgotten]', async () => {
  const server = await startOdd({});
  const callback = await startOdd({});
  const page = new URL(`${server.origin}/authorize?redirect_uri=${encodeURIComponent(`${callback.origin}/callback`)}`);
  expect(await isForgotten(page, new Outbound({ url: `${server.origin}/mcp` }))).toBe(false);
  expect(server.requests).toHaveLength(1);
  expect(callback.requests).toEqual([]);
});

test('what a scope is told as is kept as one text [oauth.lenient]', async () => {
  for (const scope of ['a b', ['a', 'b'], 'a,b']) {
    const { origin } = await startOdd({ '/token': (usual) => ({ ...usual, scope }) });
    expect(currentTokens(await logIn(origin))?.scope).toBe('a b');
  }
});

const SECRET = 'INTERNAL-SECRET-BODY';
const REFUSED: readonly (readonly [string, string | RegExp, Oddities])[] = [
  [
    'a refused registration',
    /\/\/127\.0\.0\.1:\d+ did not register us: HTTP 403$/,
    { '/register': () => ({ text: SECRET, status: 403 }) },
  ],
  [
    'one with a code',
    /did not register us: HTTP 400 \(invalid_redirect_uri\)$/,
    {
      '/register': () => ({
        text: JSON.stringify({ error: 'invalid_redirect_uri', error_description: SECRET }),
        status: 400,
      }),
    },
  ],
  [
    'one with HTTP 200',
    /did not register us: HTTP 200 \(too_many\)$/,
    { '/register': () => ({ error: 'too_many', message: SECRET }) },
  ],
  [
    'a registration without a client',
    /did not register us: HTTP 200, and an answer without what it is for$/,
    { '/register': () => ({ secret: SECRET }) },
  ],
  [
    'a code with HTTP 200',
    /the login failed: invalid_grant \(said/,
    { '/token': () => ({ error: 'bad_verification_code', error_description: SECRET }) },
  ],
  [
    'a code as a form',
    /the login failed: slow_down \(said/,
    { '/token': () => ({ text: `error=slow_down&error_description=${SECRET}` }) },
  ],
  [
    'a code within an object',
    /the login failed: invalid_grant \(said/,
    { '/token': () => ({ text: JSON.stringify({ error: { code: 'invalid_grant', message: SECRET } }), status: 400 }) },
  ],
  [
    'a long code',
    /the login failed: x{99}… \(said/,
    { '/token': () => ({ text: JSON.stringify({ error: 'x'.repeat(5_000) }), status: 400 }) },
  ],
  [
    'a page in place of a token',
    /gave no token: HTTP 500$/,
    { '/token': () => ({ text: `<h1>${SECRET}</h1>`, status: 500 }) },
  ],
  [
    'a token that no header can carry',
    /gave a token that no header can carry$/,
    { '/token': () => ({ access_token: `${SECRET}\u2028` }) },
  ],
  [
    'no token',
    /gave no token: HTTP 200, and an answer without what it is for$/,
    { '/token': () => ({ token: SECRET }) },
  ],
  [
    'a document without its endpoint',
    /oauth-authorization-server names no "token_endpoint"$/,
    { [AS]: () => ({ issuer: SECRET, authorization_endpoint: 'http://127.0.0.1/' }) },
  ],
  [
    'another resource',
    /the server says that it is http:\/\/127\.0\.0\.1:1\/mcp, and it is reached as/,
    { [PRM]: (usual) => ({ ...usual, resource: 'http://127.0.0.1:1/mcp', name: SECRET }) },
  ],
  ...['urn:my:api', 'my-api', 'api://INTERNAL-SECRET-BODY', 'http://'].map(
    (resource) =>
      [
        `the resource ${resource}`,
        /\/oauth-protected-resource\/mcp has a "resource" that is no http\(s\) address: whoever runs the server has to write http:\/\/127\.0\.0\.1:\d+\/mcp there$/,
        { [PRM]: (usual) => ({ ...usual, resource }) },
      ] satisfies (typeof REFUSED)[number],
  ),
  [
    'a registration at the link',
    /the server leads to http:\/\/169\.254\.169\.254, which is not https$/,
    { [AS]: (usual) => ({ ...usual, registration_endpoint: 'http://169.254.169.254/' }) },
  ],
  [
    'an authorization server at the link',
    /http:\/\/169\.254\.169\.254, which is a link-local address/,
    { [PRM]: (usual) => ({ ...usual, authorization_servers: ['http://169.254.169.254/'] }) },
  ],
  [
    'a login page at the link',
    /https:\/\/\[fe80::1\], which is a link-local address/,
    { [AS]: (usual) => ({ ...usual, authorization_endpoint: 'https://[fe80::1]/' }) },
  ],
  [
    'a login page of another kind',
    /no http\(s\) address/,
    { [AS]: (usual) => ({ ...usual, authorization_endpoint: 'ftp://127.0.0.1/' }) },
  ],
  [
    'more than is taken',
    /the answer is longer than the 1 MiB that are taken$/,
    { [AS]: (usual) => ({ ...usual, more: ' '.repeat(1024 * 1024) }) },
  ],
];

test.each(REFUSED)('%s is told by its status and code, never by its body [oauth.quiet]', async (_, told, oddities) => {
  const { origin } = await startOdd(oddities);
  const error = await logIn(origin).catch(causeOf);
  expect(error).toMatch(told);
  expect(error).not.toContain(SECRET);
  expect(String(error).length).toBeLessThan(400);
});

test('a registration that was forgotten is forgotten here too, and the next login registers anew [oauth.forgotten]', async () => {
  let known = 0;
  let registered = 0;
  const { origin, requests } = await startOdd({
    '/register': (usual) => ({ ...usual, client_id: `c${++registered}` }),
    '/token': () =>
      registered > known ? undefined : { text: JSON.stringify({ error: 'invalid_client' }), status: 401 },
  });
  const registrations = () => requests.filter(({ path }) => path === '/register').length;
  const credentials = emptyCredentials();
  await logIn(origin, credentials);
  // At the token endpoint.
  known = 1;
  await expect(logIn(origin, credentials)).rejects.toThrow(
    'has forgotten this client: log in again, and the gateway registers anew',
  );
  await logIn(origin, credentials);
  expect(registrations()).toBe(2);
  // At the renewal of a token.
  known = 2;
  const fetchFn = oauthFetch(new Outbound({ url: `${origin}/mcp` }));
  const parts = { serverUrl: `${origin}/mcp`, oauth: AUTHORIZATION_CODE, credentials, fetchFn };
  expect(await refreshTokens('refresh-1', parts)).toBeUndefined();
  await logIn(origin, credentials);
  expect(registrations()).toBe(3);
});

test.each([
  ['a page of status 400', { text: 'unknown client', status: 400 }],
  ['a page of status 401', { text: '<h1>invalid_client</h1>', status: 401 }],
  ['a page of status 403 that says so', { text: '{"error":"unauthorized_client"}', status: 403 }],
  ['a page of status 404', { text: 'no such client', status: 404 }],
])(
  'a login page that refuses the registration by %s is noticed before a person sees it [oauth.forgotten]',
  async (_, page) => {
    let isForgotten = false;
    const { origin, requests } = await startOdd({
      '/register': (usual) => {
        isForgotten = false;
        return usual;
      },
      '/authorize': () => (isForgotten ? page : undefined),
    });
    const credentials = emptyCredentials();
    await logIn(origin, credentials);
    isForgotten = true;
    await logIn(origin, credentials);
    await logIn(origin, credentials);
    expect(requests.filter(({ path }) => path === '/register')).toHaveLength(2);
  },
);

const BOT: OAuthConfig = { ...AUTHORIZATION_CODE, clientId: 'me', clientSecret: 'client-secret' };
const NAME_IT = 'write the address of the authorization server that "clientId" belongs to as "issuer" in "oauth"';

test('a client secret is for the issuer of the entry, or else for the server itself alone [oauth.secret-issuer]', async () => {
  const other = await startOdd({});
  let issuer: string | undefined = other.origin;
  const { origin, requests } = await startOdd({
    [PRM]: (usual) => ({ ...usual, ...(issuer && { authorization_servers: [issuer] }) }),
  });
  const refusal = `the server leads to ${other.origin} for its login, which you have not named: the client secret is not sent there; ${NAME_IT}`;
  await expect(logIn(origin, emptyCredentials(), BOT)).rejects.toThrow(refusal);
  expect(other.requests.filter(({ path }) => path === '/token')).toEqual([]);
  await logIn(origin, emptyCredentials(), { ...BOT, issuer: `${other.origin}/` });
  const before = other.requests.length;
  await expect(logIn(origin, emptyCredentials(), { ...BOT, issuer: origin })).rejects.toThrow();
  expect(other.requests.slice(before).map(({ path }) => path)).not.toContain('/token');
  issuer = undefined;
  await logIn(origin, emptyCredentials(), BOT);
  expect(requests.map(({ path }) => path)).toContain('/token');
});

test('nor does it go where the server itself names the endpoint of somebody else [oauth.secret-issuer]', async () => {
  const other = await startOdd({});
  let isElsewhere = true;
  const { origin } = await startOdd({
    [AS]: (usual) => ({ ...usual, ...(isElsewhere && { token_endpoint: `${other.origin}/token` }) }),
  });
  const credentials = emptyCredentials();
  const refusal = `the server leads to ${other.origin} for its login`;
  await expect(logIn(origin, credentials, BOT)).rejects.toThrow(refusal);
  isElsewhere = false;
  await logIn(origin, credentials, BOT);
  isElsewhere = true;
  const fetchFn = oauthFetch(new Outbound({ url: `${origin}/mcp` }), BOT);
  const parts = { serverUrl: `${origin}/mcp`, oauth: BOT, credentials, fetchFn };
  await expect(refreshTokens('refresh-1', parts)).rejects.toThrow(refusal);
  expect(other.requests).toEqual([]);
});

test.each([
  ['https://mcp.example.com/mcp', 'https://mcp.example.com/', true],
  ['https://mcp.example.com/mcp', 'https://mcp.example.com:8443/realms/a', true],
  ['https://mcp.example.com/mcp', 'https://example.com', true],
  ['https://example.com/mcp', 'https://auth.example.com', true],
  ['http://mcp.example.com/mcp', 'https://mcp.example.com', true],
  ['http://mcp.example.com/mcp', 'http://mcp.example.com/as', true],
  ['http://127.0.0.1:1/mcp', 'http://127.0.0.1:1', true],
  ['http://127.0.0.1:1/mcp', 'http://127.0.0.1:2', false],
  ['http://localhost:1/mcp', 'http://127.0.0.1:1', false],
  ['https://mcp.example.com/mcp', 'http://mcp.example.com', false],
  ['http://example.com/mcp', 'http://auth.example.com', false],
  ['https://example.com/mcp', 'https://example.com.evil.net', false],
  ['https://example.com/mcp', 'https://badexample.com', false],
  ['https://example.com/mcp', 'https://example.com@evil.net', false],
  ['https://example.com/mcp', 'https://com', false],
  ['https://a.github.io/mcp', 'https://b.github.io', false],
  ['https://10.0.0.1/mcp', 'https://0.0.1', false],
  ['https://example.com/mcp', 'no address', false],
])(
  'of a server at %s an address %s gets the secret without an issuer: %s [oauth.secret-issuer]',
  (server, to, isSent) => {
    const check = () => checkSecretFor(to, BOT, new URL(server));
    if (isSent) check();
    else expect(check).toThrow(NAME_IT);
    checkSecretFor(to, { ...BOT, issuer: 'https://named.example' }, new URL(server));
    checkSecretFor(to, { clientSecret: undefined }, new URL(server));
  },
);
