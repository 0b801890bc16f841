import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { Browser } from '../helpers/clients/browser.ts';
import { pipeTransport } from '../helpers/clients/clients.ts';
import { errorOf, textOf } from '../helpers/clients/results.ts';
import { type BinHome, binHome, runBin, startBin } from '../helpers/command-line/bin.ts';
import { scratchKeychain } from '../helpers/command-line/keychains.ts';
import { launchGateway, startGateway } from '../helpers/gateway/gateway.ts';
import { startOdd } from '../helpers/logins/odd-authorization-server.ts';
import { startAuthorizationServer } from '../helpers/logins/openid-provider.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const LOOPBACK = ({ hostname, pathname }: URL) => hostname === 'localhost' && pathname === '/callback';
const ADDRESS = /^ {2}(http\S+)$/m;

/** A home whose only server wants a login, and which names further entries. */
async function vaultHome(settings: JsonObject = {}, rest: JsonObject = {}) {
  const server = await startAuthorizationServer(settings);
  return { server, ...binHome({ vault: { url: server.url }, ...rest }) };
}

/** Logs in as a person over SSH does: the browser is elsewhere, and the address it ends at is pasted. */
async function logIn({ env }: BinHome, key = 'vault'): Promise<void> {
  const command = startBin(['login', key, '--no-browser'], env);
  const [, address = ''] = await command.says(ADDRESS);
  const { url } = await new Browser().visit(address, { unreachable: LOOPBACK });
  command.type(`${url}\n`);
  expect(await command.ended).toMatchObject({ code: 0, stderr: '' });
}

test('login opens the browser, which brings the outcome back, and keeps it for its owner only [login.command]', async () => {
  const { server, env, home, data } = await vaultHome();
  const opened = join(home, 'opened');
  const program = join(home, 'browser');
  writeFileSync(program, `#!/bin/sh\nprintf %s "$1" > ${opened}.new && mv ${opened}.new ${opened}\n`);
  chmodSync(program, 0o755);
  const command = startBin(['login', 'vault'], { ...env, BROWSER: program });
  const address = await waitUntil(() => (existsSync(opened) ? readFileSync(opened, 'utf8') : undefined));
  const { text, url } = await new Browser().visit(address);
  expect(text).toContain('You are logged in');
  expect(url).toMatch(/^http:\/\/localhost:\d+\/callback\?/);
  const { code, stdout } = await command.ended;
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(address) });
  expect(stdout).toContain(`Logged in to vault at ${server.issuer}`);
  const files = readdirSync(data);
  expect(files).toEqual([expect.stringMatching(/^oauth-[0-9a-f]{32}\.json$/)]);
  expect([data, ...files.map((name) => join(data, name))].map((path) => statSync(path).mode & 0o777)).toEqual([
    0o700, 0o600,
  ]);
});

test('with --no-browser the address is shown, and the one that the browser ended at is pasted [login.command-paste]', async () => {
  const home = await vaultHome();
  const command = startBin(['login', 'vault', '--no-browser'], home.env);
  const [, address = ''] = await command.says(ADDRESS);
  const { url } = await new Browser().visit(address, { unreachable: LOOPBACK });
  const wrong = new URL(url);
  wrong.searchParams.set('state', 'guessed');
  command.type(`what?\n${wrong}\n`);
  await command.says(/This is no address of a login/);
  await command.says(/not the login that is waited for/);
  command.type(`${url}\n`);
  expect(await command.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Logged in to vault') });
  expect(await home.server.journal('granted')).toEqual(['authorization_code']);
});

test('a pasted address with another issuer ends the login, as does the end of the input [login.command-paste]', async () => {
  const home = await vaultHome();
  const command = startBin(['login', 'vault', '--no-browser'], home.env);
  const [, address = ''] = await command.says(ADDRESS);
  const { url } = await new Browser().visit(address, { unreachable: LOOPBACK });
  const wrong = new URL(url);
  wrong.searchParams.set('iss', 'https://somebody.else');
  command.type(`${wrong}\n`);
  expect(await command.ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/login failed: .*issuer/i) });
  expect(await home.server.journal('granted')).toEqual([]);
  const ended = await runBin(['login', 'vault', '--no-browser'], home.env);
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('the input ended') });
});

test('of a login that is refused stderr says so in our words, and no package writes there [login.command, oauth.quiet]', async () => {
  const refused = { text: '{"error":"invalid_grant"}', type: 'application/json', status: 400 };
  const { origin } = await startOdd({ '/token': () => refused });
  const { env } = binHome({ odd: { url: `${origin}/mcp` } });
  const command = startBin(['login', 'odd', '--no-browser'], env);
  const [, address = ''] = await command.says(ADDRESS);
  const { headers } = await fetch(address, { redirect: 'manual' });
  command.type(`${headers.get('location')}\n`);
  const { code, stderr } = await command.ended;
  expect({ code, lines: stderr.trim().split('\n') }).toEqual({
    code: 1,
    lines: [expect.stringMatching(/"odd" was not logged in to: the login failed: invalid_grant \(said/)],
  });
});

test('login says why a server takes none, and which one was meant [login.command-none]', async () => {
  const { env } = binHome({
    tickets: { url: 'http://127.0.0.1:9/mcp' },
    local: { command: ['x'] },
    keyed: { url: 'http://127.0.0.1:9/mcp', headers: { Authorization: 'Bearer x' } },
    off: { url: 'http://127.0.0.1:9/mcp', oauth: false },
    machine: { url: 'http://h/', oauth: { grant: 'client_credentials', clientId: 'a', clientSecret: 'b' } },
    broken: { url: '{file:nowhere}' },
  });
  const said = async (...words: string[]) => {
    const { code, stdout, stderr } = await runBin(['login', ...words], env);
    return `${code} ${stdout}${stderr}`;
  };
  const answers = await Promise.all(
    [['ticket'], ['local'], ['keyed'], ['off'], ['machine'], ['broken'], ['tickets'], []].map((words) =>
      said(...words),
    ),
  );
  expect(answers).toEqual([
    expect.stringMatching(/^1 .*no server "ticket" in .*config\.json, did you mean "tickets"\?.* -c\n$/),
    expect.stringMatching(/^1 .*"local" is not reached over HTTP/),
    expect.stringMatching(/^1 .*"keyed" has an Authorization header of its own/),
    expect.stringMatching(/^1 .*"off" has "oauth": false/),
    expect.stringMatching(/^0 machine logs in by itself/),
    expect.stringMatching(/^1 .*broken.url: found \{file:nowhere\} but there is no/),
    expect.stringMatching(/^1 .*"tickets" cannot be reached at http:\/\/127\.0\.0\.1:9: /),
    expect.stringMatching(/^2 .*expected one\nTry mcp-gateway login --help\n$/),
  ]);
});

test('a running gateway names the command, and notices a login by it, and a logout, by itself [login.command-named, login.noticed]', async () => {
  const home = await vaultHome();
  const gateway = await startGateway({ config: { vault: { url: home.server.url } }, env: home.env });
  await gateway.process.logged(/needs a login/);
  expect(JSON.stringify((await gateway.search('')).unavailable)).toContain('mcp-gateway login vault');
  expect(errorOf(await gateway.invoke('vault::open'))).toMatch(/run `mcp-gateway login vault` in a terminal.*http/);
  await logIn(home);
  await gateway.knows('vault::open');
  expect(textOf(await gateway.invoke('vault::open'))).toBe('open: done');
  expect(await runBin(['logout', 'vault'], home.env)).toMatchObject({ code: 0 });
  expect(errorOf(await gateway.invoke('vault::open'))).toContain('needs a login');
});

test('a call that waits for a person goes on when the command has brought the login [login.noticed]', async () => {
  const home = await vaultHome();
  const gateway = launchGateway({ config: { vault: { url: home.server.url } }, env: home.env });
  const client = new Client({ name: 'c', version: '1' }, { capabilities: { elicitation: { url: {} } } });
  client.setRequestHandler('elicitation/create', async () => {
    await logIn(home);
    return { action: 'accept' };
  });
  await client.connect(pipeTransport(gateway.process.peer) as unknown as Parameters<Client['connect']>[0]);
  const result = await client.callTool({ name: 'invoke', arguments: { id: 'vault::open' } });
  expect(textOf(result as JsonObject)).toBe('open: done');
});

test('with a keychain no file has a token, and `login.keychain: never` does without [login.keychain]', async () => {
  const keychain = scratchKeychain('secret-tool');
  const home = await vaultHome();
  const env = { ...home.env, ...keychain.env };
  const kept = () => {
    // Locks beside them come and go.
    const files = readdirSync(home.data).filter((name) => name.endsWith('.json'));
    return files.map((name) => readFileSync(join(home.data, name), 'utf8'));
  };
  await logIn({ ...home, env });
  const [{ token = '' } = {}] = await home.server.tokens();
  expect(token).not.toBe('');
  expect(kept().join()).not.toContain(token);
  expect((await runBin(['status'], env)).stdout).toContain('sealed with a key in the Secret Service');
  const config = { vault: { url: home.server.url } };
  const gateway = await startGateway({ config, env });
  await gateway.knows('vault::open');
  gateway.writeConfig({ $gateway: { login: { keychain: 'never' } }, ...config });
  const isOpen = async () => {
    await gateway.invoke('vault::open');
    return kept().join().includes(token);
  };
  await waitUntil(isOpen, { what: 'the file is open again' });
});

test('logout has the tokens revoked, and forgets them [login.logout]', async () => {
  const home = await vaultHome();
  await logIn(home);
  expect((await home.server.tokens()).map(({ kind }) => kind).sort()).toEqual(['access_token', 'refresh_token']);
  expect(await runBin(['logout', 'vault'], home.env)).toEqual({
    code: 0,
    stdout: 'vault: revoked and forgotten\n',
    stderr: '',
  });
  expect(await home.server.tokens()).toEqual([]);
  expect(readdirSync(home.data)).toEqual([]);
  expect(await home.server.journal('revoked')).toEqual(['refresh_token', 'access_token']);
  expect(await runBin(['logout', 'vault'], home.env)).toMatchObject({ code: 0, stdout: 'vault has no login.\n' });
});

test('logout --all ends every login, also of servers that are configured no more, and says what lives on [login.logout-all]', async () => {
  const open = await startAuthorizationServer({ noRevocation: true });
  const home = await vaultHome({}, { open: { url: open.url } });
  await logIn(home);
  await logIn(home, 'open');
  writeFileSync(join(home.home, '.config/mcp-gateway/config.json'), JSON.stringify({ open: { url: open.url } }));
  const { code, stdout } = await runBin(['logout', '--all'], home.env);
  expect(code).toBe(0);
  expect(stdout).toContain(`${home.server.issuer}: revoked and forgotten`);
  expect(stdout).toMatch(/open: forgotten here; http\S+ does not take tokens back/);
  expect(readdirSync(home.data)).toEqual([]);
  expect(await home.server.tokens()).toEqual([]);
  expect(await runBin(['logout'], home.env)).toMatchObject({ code: 2 });
});

test('status shows each remote server and never a token, also as JSON [login.status]', async () => {
  const home = await vaultHome(
    {},
    {
      local: { command: ['x'] },
      keyed: { url: 'https://keyed.example.com/mcp?apikey=not-to-be-shown', headers: { Authorization: 'Bearer k' } },
      other: { url: 'https://other.example.com/mcp' },
    },
  );
  await logIn(home);
  const { stdout } = await runBin(['status'], home.env);
  expect(stdout).toMatch(
    /^vault {2}logged in at http:\S+ \(read( offline_access)?\)\n {7}for \d+ min, renewed by itself\n {7}in ~\/\.data\/mcp-gateway\/oauth-\w+\.json\n/,
  );
  expect(stdout).toMatch(/^keyed {2}takes none/m);
  expect(stdout).toMatch(/^other {2}no login; where it asks for one: mcp-gateway login other$/m);
  expect(stdout).not.toContain('local');
  const json = (await runBin(['status', '--json'], home.env)).stdout;
  expect(JSON.parse(json)).toMatchObject([
    {
      server: 'vault',
      address: home.server.url,
      status: 'logged in',
      issuer: home.server.issuer,
      scope: expect.stringContaining('read'),
      expiresAt: expect.stringMatching(/^20\d\d-.*Z$/),
      refreshable: true,
      file: expect.stringMatching(/oauth-\w+\.json$/),
    },
    { server: 'keyed', address: 'https://keyed.example.com/mcp', status: 'no login' },
    { server: 'other', status: 'logged out' },
  ]);
  const tokens = (await home.server.tokens()).map(({ token }) => token);
  expect(tokens).toHaveLength(2);
  for (const secret of [...tokens, 'not-to-be-shown', 'client_secret']) expect(stdout + json).not.toContain(secret);
});

test('status names the account where the authorization server tells it [login.status]', async () => {
  const server = await startAuthorizationServer();
  const home = binHome({ vault: { url: server.url, oauth: { scope: 'openid read' } } });
  await logIn(home);
  const [row] = JSON.parse((await runBin(['status', '--json'], home.env)).stdout);
  expect(row).toMatchObject({ account: 'ada@example.com' });
});
