import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { MODERN_REVISION, pipeTransport } from '../helpers/clients/clients.ts';
import { errorOf, textOf } from '../helpers/clients/results.ts';
import { type Gateway, launchGateway, startGateway } from '../helpers/gateway/gateway.ts';
import { type OAuthServer, startOAuthServer } from '../helpers/logins/oauth-server.ts';
import { startOdd } from '../helpers/logins/odd-authorization-server.ts';
import { local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

type User = (url: string) => Promise<'accept' | 'decline'>;

/** A gateway whose client shows addresses to a user. */
async function startShowing(oauthServer: OAuthServer, user: User, modern = false) {
  const gateway = launchGateway({ config: { vault: { url: oauthServer.url } } });
  const asked: JsonObject[] = [];
  const client = new Client(
    { name: 'test-client', version: '1.0.0' },
    {
      capabilities: { elicitation: { url: {} } },
      ...(modern && { versionNegotiation: { mode: { pin: MODERN_REVISION } } }),
    },
  );
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    asked.push(params as JsonObject);
    return { action: await user(String((params as JsonObject).url)) };
  });
  await client.connect(pipeTransport(gateway.process.peer) as unknown as Parameters<Client['connect']>[0]);
  const open = (rest: JsonObject = {}) =>
    client.callTool({ name: 'invoke', arguments: { id: 'vault::open', ...rest } }) as Promise<JsonObject>;
  return { gateway, asked, open };
}

/** A browser whose user agrees to everything: it follows every redirect, the one back to the gateway included. */
const agree: User = async (url) => {
  await fetch(url);
  return 'accept';
};

/** A gateway whose client shows no addresses, in front of the vault and a server that needs no login. */
function startPlain(
  oauthServer: OAuthServer,
  rest: JsonObject = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Gateway> {
  return startGateway({ config: { vault: { url: oauthServer.url, ...rest }, u: local() }, env });
}

async function unavailable(gateway: Gateway): Promise<JsonObject | undefined> {
  const found = (await gateway.search('')).unavailable as { server: string }[] | undefined;
  return found?.find(({ server }) => server === 'vault');
}

async function locked(gateway: Gateway): Promise<JsonObject> {
  const isLocked = async () => {
    const vault = await unavailable(gateway);
    return vault?.state === 'needs_auth' ? vault : undefined;
  };
  return waitUntil(isLocked, { what: `the vault needs a login; log: ${gateway.process.tail()}` });
}

const open = (gateway: Gateway) => gateway.invoke('vault::open');
const addressIn = (text: string) => /https?:\S+$/.exec(text)?.[0] ?? '';

/** Logs in by the address that an error names, as a user does who is shown it. */
async function logIn(gateway: Gateway): Promise<void> {
  await fetch(addressIn(errorOf(await open(gateway))));
  await gateway.knows('vault::open');
}

function keptFiles({ home }: Gateway): string[] {
  const directory = join(home, '.data/mcp-gateway');
  // Locks beside them come and go.
  const files = readdirSync(directory).filter((name) => /^oauth-.*\.json$/.test(name));
  return [directory, ...files.map((name) => join(directory, name))];
}

test.each([
  ['an older client', '/mcp', false],
  ['a client of 2026-07-28', '/mcp', true],
  ['HTTP+SSE', '/sse', false],
] as const)('%s: the user is asked to open an address, and the call goes on [login.asked]', async (_, path, modern) => {
  const oauthServer = await startOAuthServer({ path });
  const { asked, open } = await startShowing(oauthServer, agree, modern);
  expect(textOf(await open())).toBe('opened');
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    mode: 'url',
    message: expect.stringContaining('"vault"'),
    url: expect.stringMatching(/\/authorize\?.*redirect_uri=http%3A%2F%2Flocalhost%3A\d+%2Fcallback/),
    ...(!modern && { elicitationId: expect.any(String) }),
  });
  expect(textOf(await open())).toBe('opened');
  expect(asked).toHaveLength(1);
});

test('the time that the user takes is not the call’s [login.asked]', async () => {
  const oauthServer = await startOAuthServer();
  const slowly: User = async (url) => {
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    return agree(url);
  };
  const { open } = await startShowing(oauthServer, slowly);
  expect(textOf(await open({ timeoutMs: 4_000 }))).toBe('opened');
});

test('a tool that wants more than was granted asks once more, for all of it [login.step-up]', async () => {
  const oauthServer = await startOAuthServer({ wantsMore: true });
  const { asked, open } = await startShowing(oauthServer, agree);
  expect(textOf(await open())).toBe('opened');
  expect(asked.map(({ url }) => new URL(String(url)).searchParams.get('scope'))).toEqual(['read', 'read write']);
});

test('a client that shows no addresses is told where to log in, and the server comes up by itself [login.told]', async () => {
  const oauthServer = await startOAuthServer();
  const gateway = await startPlain(oauthServer);
  const result = await open(gateway);
  expect(errorOf(result)).toMatch(/"vault" needs a login.*browser.*: http\S+$/);
  expect(result._meta).toMatchObject({ 'mcp-gateway/error': { code: 'UPSTREAM_NEEDS_AUTH', server: 'vault' } });
  expect(addressIn(errorOf(await open(gateway)))).toBe(addressIn(errorOf(result)));
  const page = await fetch(addressIn(errorOf(result)));
  expect(await page.text()).toMatch(/logged in.*close this window/);
  await gateway.knows('vault::open');
  expect(textOf(await open(gateway))).toBe('opened');
  expect(await unavailable(gateway)).toBeUndefined();
});

test('search names a server that waits, and says what to do; its tools stay [login.search]', async () => {
  const oauthServer = await startOAuthServer({ noRefreshToken: true });
  const gateway = await startPlain(oauthServer);
  expect(await locked(gateway)).toMatchObject({ error: expect.stringContaining('invoke') });
  await logIn(gateway);
  await oauthServer.revoke();
  errorOf(await open(gateway));
  await locked(gateway);
  expect(await gateway.describe('vault::open')).toMatchObject({ available: false, state: 'needs_auth' });
});

test('nothing is tried again, registered or opened while a server waits [login.patient]', async () => {
  const oauthServer = await startOAuthServer();
  const gateway = await startPlain(oauthServer);
  await locked(gateway);
  const before = await oauthServer.requests();
  expect(before.every(({ path }) => path === '/mcp')).toBe(true);
  // A life of another server: long enough for what would be retried.
  for (let round = 0; round < 20; round++) expect(textOf(await gateway.invoke('u::add', { a: 1, b: 2 }))).toBe('3');
  await gateway.process.logged(/needs a login/);
  expect(await oauthServer.requests()).toEqual(before);
});

test('an expired token is renewed without a word [login.refresh]', async () => {
  const oauthServer = await startOAuthServer();
  const gateway = await startPlain(oauthServer);
  await locked(gateway);
  await logIn(gateway);
  await oauthServer.expire();
  const results = await Promise.all([open(gateway), open(gateway), open(gateway)]);
  expect(results.map(textOf)).toEqual(['opened', 'opened', 'opened']);
  expect((await oauthServer.requests('/token')).map(({ grant }) => grant)).toEqual([
    'authorization_code',
    'refresh_token',
  ]);
});

test('two gateways renew one token once, and take over each other’s login [login.shared]', async () => {
  const oauthServer = await startOAuthServer();
  const first = await startPlain(oauthServer);
  const second = await startPlain(oauthServer, {}, { XDG_DATA_HOME: join(first.home, '.data') });
  await Promise.all([locked(first), locked(second)]);
  await logIn(first);
  expect((await second.invoke('vault::nothing')).isError).toBe(true);
  expect(textOf(await open(second))).toBe('opened');
  await oauthServer.expire();
  const results = await Promise.all([open(first), open(second)]);
  expect(results.map(textOf)).toEqual(['opened', 'opened']);
  expect((await oauthServer.requests('/token')).map(({ grant }) => grant)).toEqual([
    'authorization_code',
    'refresh_token',
  ]);
});

test('a user who declines, or refuses at the login page, gets a clear error [login.refused]', async () => {
  const declined = await startShowing(await startOAuthServer(), async () => 'decline');
  expect(errorOf(await declined.open())).toMatch(/needs a login: the user did not agree/);
  const refused = await startShowing(await startOAuthServer({ refuse: true }), agree);
  expect(errorOf(await refused.open())).toMatch(/needs a login: the login failed: access_denied/);
});

test('a callback from somebody else, or with a wrong state, is not taken [login.checked]', async () => {
  const mixedUp = await startOAuthServer({ wrongIssuer: true });
  const { open: openMixedUp } = await startShowing(mixedUp, agree);
  expect(errorOf(await openMixedUp())).toMatch(/the login failed: .*issuer/i);
  expect(await mixedUp.requests('/token')).toEqual([]);

  const oauthServer = await startOAuthServer();
  const gateway = await startPlain(oauthServer);
  const address = addressIn(errorOf(await open(gateway)));
  const callback = new URL(new URL(address).searchParams.get('redirect_uri') ?? '');
  callback.search = '?code=stolen&state=guessed';
  expect((await fetch(callback)).status).toBe(400);
  expect(await oauthServer.requests('/token')).toEqual([]);
  await fetch(address);
  await gateway.knows('vault::open');
});

test('a login is kept for the next start, for its owner only [login.kept]', async () => {
  const oauthServer = await startOAuthServer();
  const first = await startPlain(oauthServer);
  await locked(first);
  await logIn(first);
  const [directory = '', ...files] = keptFiles(first);
  expect(files.length).toBeGreaterThan(0);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(files.map((file) => statSync(file).mode & 0o777)).toEqual(files.map(() => 0o600));
  const second = await startPlain(oauthServer, {}, { XDG_DATA_HOME: join(first.home, '.data') });
  await second.knows('vault::open');
  expect(textOf(await open(second))).toBe('opened');
  expect(await oauthServer.requests('/authorize')).toHaveLength(1);
});

test('no token shows up in logs, answers or errors [login.secret]', async () => {
  const oauthServer = await startOAuthServer();
  const gateway = await startGateway({
    config: { $gateway: { logLevel: 'debug' }, vault: { url: oauthServer.url } },
  });
  await locked(gateway);
  await logIn(gateway);
  const kept = keptFiles(gateway)
    .slice(1)
    .map((file) => readFileSync(file, 'utf8'))
    .join();
  const secrets = kept.match(/(access|refresh|secret)-[\w-]+/g) ?? [];
  expect(secrets).toHaveLength(3);
  await oauthServer.revoke();
  const said = [await open(gateway), await gateway.describe('vault::open'), await gateway.search('open')];
  const everything = JSON.stringify([...said, ...gateway.logs, ...gateway.process.noise]);
  for (const secret of secrets) expect(everything).not.toContain(secret);
});

test('with client credentials the gateway logs in by itself [login.machine]', async () => {
  const oauthServer = await startOAuthServer();
  const oauth = { grant: 'client_credentials', clientId: 'machine', clientSecret: '{env:SECRET}', scope: 'read' };
  const gateway = await startPlain(oauthServer, { oauth }, { SECRET: 'machine-secret' });
  await gateway.knows('vault::open');
  expect(textOf(await open(gateway))).toBe('opened');
  await oauthServer.expire();
  expect(textOf(await open(gateway))).toBe('opened');
  expect(await oauthServer.requests('/authorize')).toEqual([]);
});

test('client credentials are for nobody whom only the server has named, and the server says what to write [oauth.secret-issuer]', async () => {
  const other = await startOdd({});
  const { origin } = await startOdd({
    '/mcp': () => ({ text: '', status: 401 }),
    '/.well-known/oauth-protected-resource/mcp': (usual) => ({ ...usual, authorization_servers: [other.origin] }),
  });
  const oauth = { grant: 'client_credentials', clientId: 'machine', clientSecret: '{env:SECRET}' };
  const config = { vault: { url: `${origin}/mcp`, oauth }, u: local() };
  const gateway = await startGateway({ config, env: { SECRET: 'machine-secret' } });
  await gateway.process.logged(/vault\.oauth: found \\"clientSecret\\" without/);
  const cure = /the server leads to .*: the client secret is not sent there; write .* as "issuer" in "oauth"/;
  expect((await locked(gateway)).error).toMatch(cure);
  const refusal = errorOf(await gateway.invoke('vault::open'));
  expect(refusal).not.toContain('mcp-gateway login');
  expect(other.requests.filter(({ authorization, body }) => authorization ?? body)).toEqual([]);
});

test('`oauth: false`, or a key of the entry’s own, means no login [login.off]', async () => {
  for (const rest of [{ oauth: false }, { headers: { Authorization: 'Bearer of-my-own' } }]) {
    const gateway = await startPlain(await startOAuthServer(), rest);
    await gateway.process.logged(/server unavailable.*401/);
    expect((await unavailable(gateway))?.state).not.toBe('needs_auth');
    expect((await open(gateway))._meta).not.toMatchObject({ 'mcp-gateway/error': { code: 'UPSTREAM_NEEDS_AUTH' } });
  }
});
