import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { homeOf } from '../config/locate.ts';
import type { Environment } from '../config/substitute.ts';
import { gatewayEnvironment } from '../platform/gateway-environment.ts';
import { usersEnvironment, WITHHELD } from '../platform/users-environment.ts';
import { VERSION } from '../version.ts';

/** References to variables in a configuration file, as `config/substitute.ts` replaces them. */
const NAMED = /\$\{(?:env:)?([A-Za-z_]\w*)|\{env:([^{}\s]+)\}/g;
/** Variables that change what any server does, and those whose name suggests a credential, a profile or a proxy. */
const IDENTIFYING =
  /^(?:PATH|HOME|USERPROFILE|NODE_OPTIONS|XDG_(?:\w+_HOME|RUNTIME_DIR)|MCP_GATEWAY_\w+)$|(?:^|_)(?:TOKEN|KEY|SECRET|PASSWORD|CREDENTIALS|PROFILE|PROXY)$/i;
/** Variables that terminals, editors and desktops set anew for each window. */
const OF_A_WINDOW = /^(?:XDG_ACTIVATION|VSCODE|ITERM|KITTY)_/;
/** Variables by which the daemon itself, or the shell that starts it, would load files. */
const OBEYED = /^(?:NODE_|LD_|DYLD_|OPENSSL_|UV_)|^(?:BASH_)?ENV$/;

/**
 * The environment of the daemon for these files: that of a session, without the variables that belong to the directory
 * of the session. A file may name some of these: they are kept, and listed in `WITHHELD`, so that no server inherits
 * them.
 */
export function commonEnvironment(files: readonly string[], env: Environment): Environment {
  const of = { ...(env.PWD !== undefined && { cwd: env.PWD }) };
  const [whole, users] = [gatewayEnvironment(env, of), usersEnvironment(env, of)];
  const named = namedIn(files);
  const withheld = [...new Set(named)].filter((name) => whole[name] !== users[name] && !OBEYED.test(name)).sort();
  return {
    ...users,
    ...Object.fromEntries(withheld.map((name) => [name, whole[name]])),
    ...(withheld.length > 0 && { [WITHHELD]: withheld.join(',') }),
    ...(!named.includes('PWD') && { PWD: homeOf(whole) }),
  };
}

/**
 * The id of the daemon for these files: sessions with the same id may share servers. It depends on the version, the
 * home directory, the paths of the files, and the values of the variables that the files name or that match
 * `IDENTIFYING`.
 */
export function identityOf(files: readonly string[], env: Environment, version = VERSION): string {
  const identifying = Object.keys(env).filter((name) => IDENTIFYING.test(name) && !OF_A_WINDOW.test(name));
  const names = [...new Set([...identifying, ...namedIn(files)])].sort();
  // Variables that are not set are left out: a file that begins to name one does not separate the sessions.
  const values = names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  return createHash('sha256')
    .update(JSON.stringify([version, homeOf(env), files, values]))
    .digest('hex')
    .slice(0, 20);
}

function namedIn(files: readonly string[]): string[] {
  return files.flatMap((file) =>
    [...textOf(file).matchAll(NAMED)].map(([, strict, lenient]) => strict ?? lenient ?? ''),
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Longest path of the directory, in bytes: the address of a Unix socket has at most 104 bytes on macOS, 108 on Linux,
 * and the file's name takes some of them.
 */
const MAX_DIRECTORY_BYTES = 60;

/**
 * The directory of the daemons' sockets, made where it is missing: `$XDG_RUNTIME_DIR/mcp-gateway`, else one with the
 * user's number under the temporary directory. Throws if it is not this user's alone: another user who can write there
 * could pose as the gateway.
 */
export function socketDirectory(env: Environment, uid = process.getuid?.()): string {
  const { XDG_RUNTIME_DIR: runtime } = env;
  const candidates = [
    ...(runtime && isAbsolute(runtime) ? [join(runtime, 'mcp-gateway')] : []),
    ...[tmpdir(), '/tmp'].map((directory) => join(directory, `mcp-gateway-${uid ?? 'user'}`)),
  ];
  const directory = candidates.find((each) => Buffer.byteLength(each) <= MAX_DIRECTORY_BYTES);
  if (directory === undefined)
    throw new Error(`${candidates[0]}: too long for a socket, set XDG_RUNTIME_DIR to a shorter path`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  assertOwn(directory, uid);
  return directory;
}

function assertOwn(directory: string, uid: number | undefined): void {
  if (process.platform === 'win32') return;
  const found = lstatSync(directory);
  const isOwn = found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;
  if (!isOwn) throw new Error(`${directory}: expected a directory of this user that nobody else can enter (0700)`);
}
