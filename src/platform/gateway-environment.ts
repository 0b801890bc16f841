import { userInfo } from 'node:os';
import { isAbsolute, posix, win32 } from 'node:path';
import { homeDirectory } from './home-directory.ts';
import { isWithin, leadsInto, projectRoot } from './project-boundary.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Facts about the process whose environment it is. Absent members: those of this process. */
export interface EnvironmentContext {
  readonly cwd?: string | undefined;
  readonly home?: string;
  readonly platform?: NodeJS.Platform;
}

/**
 * Entries that npx, bunx, pnpm and yarn add to PATH: programs of the directory in which they were called, and of their
 * caches.
 */
const OF_A_RUNNER = /[\\/](?:node_modules[\\/]\.bin|node-gyp-bin|(?:yarn--|xfs-)[\w.-]+)[\\/]?$/;
/** Variables that they set for that directory: settings of its package and of its `.npmrc`, and its path. */
const SET_BY_A_RUNNER = /^(?:npm_.+|INIT_CWD|PROJECT_CWD|BERRY_BIN_FOLDER|PNPM_SCRIPT_SRC_DIR)$/;
/**
 * Variables that show that one of them has started us. Variables that a person exports for npm are mostly in capitals,
 * and stay.
 */
const RUNNER = ['npm_command', 'npm_lifecycle_event', 'npm_execpath', 'npm_config_user_agent'];
/** Variables with the directory for which a version manager, a package runner or a shell was called. */
const OF_A_DIRECTORY = /^(?:OLDPWD|INIT_CWD|npm_config_local_prefix|(?:PY|RB|NOD|GO|PHP|PL|J)ENV_DIR)$/;
/** Variables that set the directories of our configurations, confirmations, logins and sockets. */
const KEEPS_OURS =
  /^(?:XDG_(?:CONFIG|DATA|CACHE|STATE)_HOME|XDG_RUNTIME_DIR|HOME|USERPROFILE|(?:LOCAL)?APPDATA|TMPDIR|TE?MP)$/;
/** Variables that are replaced by the home of the account instead of removed. */
const OF_THE_ACCOUNT = /^(?:HOME|USERPROFILE)$/;
/**
 * PATH where none is left. Without a PATH, systems use one of their own, which may begin with the working directory.
 */
const LAST_RESORT = '/usr/local/bin:/usr/bin:/bin';

/**
 * The environment that the gateway itself uses. Variables of a package runner are removed. PATH keeps absolute entries
 * outside of the project that no runner has added. None of our directories is within the project.
 */
export function gatewayEnvironment(env: Environment = process.env, of: EnvironmentContext = {}): Environment {
  const { platform = process.platform } = of;
  const project = projectOf(env, of);
  const within = ignoredDirectories(env, of);
  const isOfRunner = RUNNER.some((name) => env[name] !== undefined);
  const isKept = ([name]: [string, string | undefined]) =>
    !OF_A_DIRECTORY.test(name) &&
    !(isOfRunner && (SET_BY_A_RUNNER.test(name) || isFromNpmrc(name, env))) &&
    !(within.includes(name) && !OF_THE_ACCOUNT.test(name));
  const meant = ([name, value]: [string, string | undefined]) => {
    if (isPath(name, platform)) return [name, usersPath(value, project, platform)];
    if (within.includes(name)) return [name, accountHome()];
    return [name, name === 'HOME' ? homeDirectory(env) : value];
  };
  return Object.fromEntries(Object.entries(env).filter(isKept).map(meant));
}

/**
 * Names of the variables that would place our configuration, records or sockets within the project. A configuration
 * that came with a project would run commands unasked, and confirm itself.
 */
export function ignoredDirectories(env: Environment = process.env, of: EnvironmentContext = {}): readonly string[] {
  const project = projectOf(env, of);
  if (project === undefined) return [];
  return Object.keys(env).filter((name) => {
    const value = env[name] ?? '';
    if (!KEEPS_OURS.test(name) || !isAbsolute(value) || !leadsInto(project, value, env)) return false;
    return !OF_THE_ACCOUNT.test(name) || value !== accountHome();
  });
}

/** Root of the project in which we were started; undefined: in none. */
export function projectOf(
  env: Environment,
  { cwd = workingDirectory(), home = homeDirectory(env) }: EnvironmentContext,
) {
  return cwd === undefined ? undefined : projectRoot(cwd, home);
}

/** npm passes on `node-options` of a project's `.npmrc`. */
function isFromNpmrc(name: string, env: Environment): boolean {
  return name === 'NODE_OPTIONS' && env.NODE_OPTIONS === env.npm_config_node_options;
}

export function isPath(name: string, platform: NodeJS.Platform): boolean {
  return platform === 'win32' ? name.toUpperCase() === 'PATH' : name === 'PATH';
}

function usersPath(path = '', project: string | undefined, platform: NodeJS.Platform): string {
  const { delimiter, isAbsolute } = platform === 'win32' ? win32 : posix;
  const entries = path.split(delimiter).filter((written) => {
    const entry = platform === 'win32' ? written.replaceAll('"', '') : written;
    return isAbsolute(entry) && !OF_A_RUNNER.test(entry) && !(project !== undefined && isWithin(project, entry));
  });
  return entries.length === 0 && platform !== 'win32' ? LAST_RESORT : entries.join(delimiter);
}

/** Home directory of the account, which no variable can change. */
function accountHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return '/';
  }
}

/** Working directory of this process; undefined if it was removed. */
export function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
