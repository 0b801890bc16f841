import { causeOf } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import type { JsonObject } from '../../core/json.ts';
import { loginCommand } from '../../core/server-state.ts';
import { dataDirectory } from '../../platform/directories.ts';
import { type Credentials, credentialsOf } from '../../upstream/login/credentials.ts';
import { supportsLogin } from '../../upstream/login/login-needed.ts';
import { type LoginView, listLogins, loginView } from '../../upstream/login/stored-logins.ts';
import { clientHome } from '../client-configs/client.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { displayPath } from '../terminal/text-layout.ts';
import type { CommandArguments } from './command.ts';
import { configOf, displayAddress, type RemoteServer, remoteServers, whyNone } from './remote-servers.ts';
import { reportErrors, reportMisuse } from './report.ts';

/** State of the login for one server. */
interface Row {
  /** Key of the server; absent if it is no longer configured. */
  readonly server?: string;
  /** Address of the server without parts that may be secret. */
  readonly address?: string;
  readonly status: 'logged in' | 'expired' | 'logged out' | 'client credentials' | 'no login' | 'locked';
  readonly login?: LoginView;
  /** Path of the file that stores the login. */
  readonly file?: string;
  readonly keychain?: string;
  readonly error?: string;
  /** The reason why the server takes no login. */
  readonly reason?: string;
}

/**
 * Implements `mcp-gateway status`: shows the login of each remote server, never a token. Resolves with the exit code.
 */
export async function loginStatus(args: CommandArguments, terminal: Terminal): Promise<number> {
  if (args.words.length > 0)
    return reportMisuse(terminal, 'status', `found ${JSON.stringify(args.words[0])}, expected options`);
  return reportErrors(terminal, 'status', async () => {
    const rows = await rowsOf(args, terminal);
    if (args.json) terminal.write(`${JSON.stringify(rows.map(asJson), undefined, 2)}\n`);
    else terminal.write(table(rows, clientHome(terminal).home));
    return 0;
  });
}

async function rowsOf({ config }: CommandArguments, terminal: Terminal): Promise<Row[]> {
  const servers = remoteServers(await configOf(config, terminal));
  const directory = dataDirectory(terminal.env);
  const files = new Set(servers.map((server) => credentialsOf(server, directory).file));
  const others = (await listLogins(directory)).filter(({ file }) => !files.has(file));
  return Promise.all([
    ...servers.map((server) => rowOf(server, directory)),
    ...others.map((credentials) => rowOfKept({}, credentials)),
  ]);
}

async function rowOf(server: RemoteServer, directory: string): Promise<Row> {
  const { key, oauth } = server;
  const about = { server: key, address: displayAddress(server) };
  if (takesNone(server)) return { ...about, status: 'no login', reason: whyNone(server) };
  if (oauth && oauth.grant === 'client_credentials') return { ...about, status: 'client credentials' };
  return rowOfKept(about, credentialsOf(server, directory));
}

/** Negates `supportsLogin` without its type guard, which would narrow the server to `never`. */
function takesNone(server: RemoteServer): boolean {
  return !supportsLogin(server);
}

async function rowOfKept(about: Pick<Row, 'server' | 'address'>, credentials: Credentials): Promise<Row> {
  const keychain = await credentials.keychain();
  const kept = { file: credentials.file, ...(keychain !== undefined && { keychain }) };
  try {
    const { resource, ...rest } = await credentials.read();
    const login = loginView(rest);
    // Only an entry tells which parts of an address are secret; without an entry only the origin is shown.
    const address = about.address ?? (resource && new URL(resource).origin);
    const known = { ...about, ...(address !== undefined && { address }) };
    return login ? { ...known, status: standing(login), login, ...kept } : { ...known, status: 'logged out' };
  } catch (error) {
    return { ...about, status: 'locked', error: causeOf(error), ...kept };
  }
}

function standing({ expiresAt, isRefreshable }: LoginView): 'logged in' | 'expired' {
  return !isRefreshable && expiresAt !== undefined && expiresAt <= Date.now() ? 'expired' : 'logged in';
}

function asJson({ login, ...row }: Row): JsonObject {
  const { expiresAt, isRefreshable, ...rest } = login ?? {};
  return {
    ...row,
    ...rest,
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    ...(isRefreshable !== undefined && { refreshable: isRefreshable }),
  };
}

function table(rows: readonly Row[], home: string): string {
  if (rows.length === 0) return 'No server is reached over HTTP.\n';
  const names = rows.map(({ server, address }) => displayText(server ?? address ?? '?'));
  const width = Math.max(...names.map((name) => name.length));
  const indent = ' '.repeat(width + 2);
  return rows.map((row, index) => `${names[index]?.padEnd(width)}  ${told(row, home).join(`\n${indent}`)}\n`).join('');
}

function told(row: Row, home: string): string[] {
  const { server, status, login, error } = row;
  const left = server === undefined ? ['configured no more; mcp-gateway logout --all ends it'] : [];
  if (login) return [`${status} at ${account(login)}`, ends(login), keptIn(row, home), ...left];
  const others: Partial<Record<Row['status'], string>> = {
    'logged out': server === undefined ? 'no login' : `no login; where it asks for one: ${loginCommand(server)}`,
    'client credentials': 'logs in by itself, with its client credentials',
    'no login': `takes none: it ${row.reason}`,
    locked: displayText(error ?? ''),
  };
  return [others[status] ?? status, ...(status === 'locked' ? [keptIn(row, home)] : []), ...left];
}

function account({ issuer, account: name, scope }: LoginView): string {
  return displayText([issuer, name && ` as ${name}`, scope && ` (${scope})`].filter(Boolean).join(''));
}

function ends({ expiresAt, isRefreshable }: LoginView): string {
  const renewal = isRefreshable ? 'renewed by itself' : 'not renewed by itself';
  if (expiresAt === undefined) return renewal;
  const minutes = Math.round((expiresAt - Date.now()) / 60_000);
  return `${minutes > 0 ? `for ${minutes} min` : 'over'}, ${renewal}`;
}

function keptIn({ file = '', keychain }: Row, home: string): string {
  return `in ${displayPath(file, home)}${keychain ? `, sealed with a key in ${keychain}` : ''}`;
}
