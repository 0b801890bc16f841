import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { homeOf } from '../config/locate.ts';
import type { Environment } from '../config/substitute.ts';
import { gatewayEnvironment } from '../platform/gateway-environment.ts';
import { usersEnvironment, WITHHELD } from '../platform/users-environment.ts';
import { VERSION } from '../version.ts';

/** Variables that a configuration names; as `config/substitute.ts` fills them in. */
const NAMED = /\$\{(?:env:)?([A-Za-z_]\w*)|\{env:([^{}\s]+)\}/g;
/** Variables that lead any server elsewhere, and those whose name says that they let somebody in. */
const TELLING =
  /^(?:PATH|HOME|USERPROFILE|NODE_OPTIONS|XDG_(?:\w+_HOME|RUNTIME_DIR)|MCP_GATEWAY_\w+)$|(?:^|_)(?:TOKEN|KEY|SECRET|PASSWORD|CREDENTIALS|PROFILE|PROXY)$/i;
/** Those that terminals, editors and desktops set anew for each window. */
const OF_A_WINDOW = /^(?:XDG_ACTIVATION|VSCODE|ITERM|KITTY)_/;
/** Those that the daemon itself, and the shell that starts it, would load something by. */
const OBEYED = /^(?:NODE_|LD_|DYLD_|OPENSSL_|UV_)|^(?:BASH_)?ENV$/;

/**
 * The environment of the daemon for these files: that of a session, without what belongs to the directory in which the
 * session was opened, unless a file names it. What is there for that alone is named in `WITHHELD`: no server inherits it.
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
 * The name of the daemon for these files: equal for sessions to which the same servers, started in the same way, may
 * belong. It changes with the version, the paths of the files, and the values of the variables that the files name or
 * that tell on whose behalf a server acts.
 */
export function identityOf(files: readonly string[], env: Environment, version = VERSION): string {
  const telling = Object.keys(env).filter((name) => TELLING.test(name) && !OF_A_WINDOW.test(name));
  const names = [...new Set([...telling, ...namedIn(files)])].sort();
  // A variable that is not set leads nowhere: to begin to name it does not part the sessions.
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

/** The longest address of a Unix socket is 104 bytes on macOS, 108 on Linux; the file names take some of it. */
const MAX_DIRECTORY_BYTES = 60;

/**
 * The directory of the daemons' sockets, made where it is missing: `$XDG_RUNTIME_DIR/mcp-gateway`, else one with the
 * user's number under the temporary directory. Throws where it is not this user's alone: who can write there could be
 * taken for the gateway.
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
