import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { dataDirectory, workingDirectory } from '../../platform/directories.ts';
import { usersEnvironment } from '../../platform/users-environment.ts';
import { challengeOf } from '../../upstream/login/challenge-of.ts';
import { type Credentials, credentialsOf } from '../../upstream/login/credentials.ts';
import { outboundOf } from '../../upstream/login/oauth-client.ts';
import { PersonLogin } from '../../upstream/login/person-login.ts';
import { loginView } from '../../upstream/login/stored-logins.ts';
import { redactor } from '../../upstream/redact.ts';
import { clientHome } from '../client-configs/client.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { displayPath } from '../terminal/text-layout.ts';
import type { CommandArguments } from './command.ts';
import { configOf, type RemoteServer, serverWithLogin } from './remote-servers.ts';
import { reportErrors, reportMisuse } from './report.ts';

/** Time in ms that the browser has to load the last page. */
const GOODBYE_MS = 1_000;

/**
 * Implements `mcp-gateway login <server>`: logs the user in and stores the login for every gateway of this user.
 * Resolves with the exit code.
 */
export async function login(args: CommandArguments, terminal: Terminal): Promise<number> {
  const [key, ...more] = args.words;
  if (key === undefined || more.length > 0)
    return reportMisuse(terminal, 'login', `found ${args.words.length} servers, expected one`);
  return reportErrors(terminal, 'login', async () => {
    const server = serverWithLogin(await configOf(args.config, terminal), key);
    if (server.oauth && server.oauth.grant === 'client_credentials') {
      terminal.write(`${displayText(key)} logs in by itself, with its client credentials.\n`);
      return 0;
    }
    return logIn(server, args, terminal);
  });
}

async function logIn(server: RemoteServer, args: CommandArguments, terminal: Terminal): Promise<number> {
  const outbound = outboundOf(server);
  const challenge = await challengeOf(server, outbound).catch((error: unknown) => {
    throw failure('UPSTREAM_UNAVAILABLE', server, `cannot be reached at ${new URL(server.url).origin}`, error);
  });
  if (!challenge) {
    terminal.write(`${displayText(server.key)} serves without a login.\n`);
    return 0;
  }
  const credentials = credentialsOf(server, dataDirectory(terminal.env));
  const oauth = server.oauth || { grant: 'authorization_code' };
  const { scope, resourceMetadataUrl } = challenge;
  const wanted = { scope: oauth.scope ?? scope, resourceMetadataUrl };
  const pending = await PersonLogin.begin({ outbound, oauth, credentials, ...wanted, onTokens }).catch(
    (error: unknown) => {
      throw failure('UPSTREAM_NEEDS_AUTH', server, 'takes no login now', error);
    },
  );
  await outcome(pending, args, terminal).catch((error: unknown) => {
    throw failure('UPSTREAM_NEEDS_AUTH', server, 'was not logged in to', error);
  });
  terminal.write(await success(server, credentials, terminal));
  await Promise.race([pending.closed, sleep(GOODBYE_MS)]);
  return 0;
}

const onTokens = async () => {};

/** Shows the address and waits for the answer, which the browser sends or the user pastes into the terminal. */
async function outcome(
  pending: PersonLogin,
  { 'no-browser': noBrowser }: CommandArguments,
  terminal: Terminal,
): Promise<void> {
  const isOpened = !noBrowser && (await openBrowser(pending.url, terminal));
  const told = isOpened
    ? 'Log in with the browser that opens. If none does, open this address:'
    : 'Open this address in a browser:';
  const elsewhere =
    'A browser on another machine ends at a page that it cannot show. Copy the address of that page and paste it here:';
  const isPasted = noBrowser || terminal.ask !== undefined;
  terminal.write(`${told}\n\n  ${pending.url}\n\n${isPasted ? `${elsewhere}\n` : ''}`);
  if (isPasted) void pasted(pending, noBrowser === true, terminal);
  await pending.done;
}

/** Reads pasted addresses until one belongs to this login. */
async function pasted(pending: PersonLogin, isOnlyWay: boolean, { lines, writeError }: Terminal): Promise<void> {
  for await (const line of lines?.() ?? []) {
    if (line.trim() === '') continue;
    const query = queryOf(line.trim());
    if (!query) writeError('This is no address of a login: it begins with http://localhost and has a code in it.\n');
    else if (!pending.expects(query)) writeError('This is not the login that is waited for.\n');
    else return void (await pending.answer(query));
  }
  if (isOnlyWay) pending.cancel('the input ended without the address that the browser was sent to');
}

/**
 * Returns the parameters that an authorization server sends back, from a whole address or from the part after the
 * question mark; undefined if a login's parameters are missing.
 */
function queryOf(text: string): URLSearchParams | undefined {
  const query = URL.canParse(text) ? new URL(text).searchParams : new URLSearchParams(text.replace(/^.*\?/s, ''));
  return query.has('state') && (query.has('code') || query.has('error')) ? query : undefined;
}

async function success(server: RemoteServer, credentials: Credentials, terminal: Terminal): Promise<string> {
  const { issuer = '', account, scope } = loginView(await credentials.read()) ?? {};
  const keychain = await credentials.keychain();
  const who = [account && ` as ${account}`, scope && ` (${scope})`].filter(Boolean).join('');
  const where = displayPath(credentials.file, clientHome(terminal).home);
  const under = keychain ? `, sealed with a key in ${keychain}` : '';
  return `Logged in to ${displayText(server.key)} at ${displayText(issuer + who)}.\nKept in ${where}${under}.\n`;
}

function failure(
  code: 'UPSTREAM_UNAVAILABLE' | 'UPSTREAM_NEEDS_AUTH',
  server: RemoteServer,
  what: string,
  error: unknown,
) {
  return new GatewayError(code, `the server "${server.key}" ${what}: ${redactor(server)(causeOf(error))}`, {
    cause: error,
  });
}

/** Opens an address in the user's browser, without waiting for it. Resolves with false if no browser can be started. */
async function openBrowser(url: string, { env: whole, platform }: Terminal): Promise<boolean> {
  const env = { ...usersEnvironment(whole) };
  const command = browserCommand(env, platform);
  if (!command) return false;
  const [program, ...args] = command;
  return new Promise((resolve) => {
    const place = { env, cwd: workingDirectory() };
    const child = spawn(program, [...args, url], { ...place, stdio: 'ignore', detached: true });
    child.on('error', () => resolve(false));
    child.on('spawn', () => resolve(true));
    child.unref();
  });
}

/** Returns the command that opens a browser: `BROWSER` first, as in other programs; undefined without a display. */
function browserCommand(env: Terminal['env'], platform: NodeJS.Platform): [string, ...string[]] | undefined {
  if (env.BROWSER) return [env.BROWSER];
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32')
    return [`${env.SystemRoot ?? 'C:\\Windows'}\\System32\\rundll32.exe`, 'url.dll,FileProtocolHandler'];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}
