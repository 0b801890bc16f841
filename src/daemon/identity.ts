import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
