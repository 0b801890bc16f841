import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { Browser } from '../helpers/clients/browser.ts';
import { pipeTransport } from '../helpers/clients/clients.ts';
import { errorOf, textOf } from '../helpers/clients/results.ts';
import { type Gateway, launchGateway, startGateway } from '../helpers/gateway/gateway.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/logins/openid-provider.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const LOOPBACK = ({ hostname, pathname }: URL) => hostname === 'localhost' && pathname === '/callback';
const addressIn = (text: string) => /https?:\S+$/.exec(text)?.[0] ?? '';

/** A gateway whose client puts addresses to a person with a browser. */
async function startShowing(server: AuthorizationServer, browser: Browser) {
  const gateway = launchGateway({ config: { vault: { url: server.url } } });
  const addresses: string[] = [];
  const client = new Client({ name: 'c', version: '1' }, { capabilities: { elicitation: { url: {} } } });
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    const url = String((params as JsonObject).url);
    addresses.push(url);
    await browser.visit(url);
    return { action: 'accept' };
  });
  await client.connect(pipeTransport(gateway.process.peer) as unknown as Parameters<Client['connect']>[0]);
  const invoke = (tool: string) =>
    client.callTool({ name: 'invoke', arguments: { id: `vault::${tool}` } }) as Promise<JsonObject>;
  return { gateway, addresses, invoke };
}

/** A gateway whose client shows no addresses; `dataHome` is that of a gateway whose logins it shares. */
function startPlain(server: AuthorizationServer, dataHome?: string): Promise<Gateway> {
  const config = { vault: { url: server.url } };
  return startGateway({ config, env: { ...(dataHome !== undefined && { XDG_DATA_HOME: dataHome }) } });
}

const open = (gateway: Gateway) => gateway.invoke('vault::open');

async function logIn(gateway: Gateway, browser = new Browser()): Promise<void> {
  const { text } = await browser.visit(addressIn(errorOf(await open(gateway))));
  expect(text).toContain('You are logged in');
  await gateway.knows('vault::open');
}

test('a person logs in by the address that the client shows, and again for more than was granted [login.provider]', async () => {
  const server = await startAuthorizationServer();
  const { addresses, invoke } = await startShowing(server, new Browser());
  expect(textOf(await invoke('open'))).toBe('open: done');
  expect(textOf(await invoke('change'))).toBe('change: done');
  const [first, more] = addresses.map((address) => new URL(address).searchParams);
  expect(first?.get('code_challenge_method')).toBe('S256');
  expect(first?.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+\/callback$/);
  expect(more?.get('scope')?.split(' ')).toEqual(expect.arrayContaining(['read', 'write']));
  expect(addresses).toHaveLength(2);
  // The first registration was for what was asked for then.
  expect(await server.journal('registered')).toEqual([true, true]);
});

test('two gateways whose token has ended renew it once [login.provider-refresh]', async () => {
  const server = await startAuthorizationServer();
  const first = await startPlain(server);
  await logIn(first);
  const second = await startPlain(server, join(first.home, '.data'));
  await second.knows('vault::open');
  expect(textOf(await open(second))).toBe('open: done');
  await server.expire();
  const results = await Promise.all([open(first), open(second), open(first), open(second)]);
  expect(results.map(textOf)).toEqual(Array(4).fill('open: done'));
  // Its refresh tokens count once: a second renewal with the old one would end the whole grant.
  expect(await server.journal('granted')).toEqual(['authorization_code', 'refresh_token']);
  expect(await server.journal('refused')).toEqual([]);
});

test('a refresh token that was revoked makes the server wait for a login, and a new login helps [login.provider-revoked]', async () => {
  const server = await startAuthorizationServer();
  const gateway = await startPlain(server);
  await logIn(gateway);
  await server.revoke();
  expect(errorOf(await open(gateway))).toContain('`mcp-gateway login vault`');
  // Whatever else of the server asks meanwhile, such as its standing stream, may try it once more.
  expect(new Set(await server.journal('refused'))).toEqual(new Set(['refresh_token']));
  const waiting = async () => (await gateway.describe('vault::open')).state === 'needs_auth';
  await waitUntil(waiting, { what: 'the server waits for a login' });
  await logIn(gateway);
  expect(textOf(await open(gateway))).toBe('open: done');
});

test('a callback with a wrong state, or a wrong or missing iss, is refused, and no code is redeemed [login.provider-checked]', async () => {
  const server = await startAuthorizationServer();
  const gateway = await startPlain(server);
  const comeBack = async (name: string, value: string | undefined) => {
    const address = addressIn(errorOf(await open(gateway)));
    const callback = new URL((await new Browser().visit(address, { unreachable: LOOPBACK })).url);
    expect(callback.searchParams.get('iss')).toBe(server.issuer);
    if (value === undefined) callback.searchParams.delete(name);
    else callback.searchParams.set(name, value);
    const response = await fetch(callback);
    return [response.status, await response.text()];
  };
  expect(await comeBack('state', 'guessed')).toEqual([400, expect.stringContaining('not the login')]);
  expect(await comeBack('iss', 'https://somebody.else')).toEqual([400, expect.stringContaining('The login failed')]);
  expect(await comeBack('iss', undefined)).toEqual([400, expect.stringContaining('The login failed')]);
  expect(await server.journal('granted')).toEqual([]);
  await logIn(gateway);
});

test('with client credentials the gateway logs in without a person, and again when the token ends [login.provider-machine]', async () => {
  const server = await startAuthorizationServer();
  const oauth = { grant: 'client_credentials', clientId: 'machine', clientSecret: '{env:SECRET}', scope: 'read' };
  const gateway = await startGateway({
    config: { vault: { url: server.url, oauth } },
    env: { SECRET: 'the-secret-of-the-machine' },
  });
  await gateway.knows('vault::open');
  await server.expire();
  expect(textOf(await open(gateway))).toBe('open: done');
  expect(await server.journal('granted')).toEqual(['client_credentials', 'client_credentials']);
});
