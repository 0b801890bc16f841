import { posix, win32 } from 'node:path';
import { homeDirectory } from './home-directory.ts';
import { leadsInto } from './leads-into.ts';
import { isWithin, projectRoot } from './project-root.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whose environment it is; absent: that of this process. */
export interface Surroundings {
  readonly cwd?: string | undefined;
  readonly home?: string;
  readonly platform?: NodeJS.Platform;
}

/** What npx, bunx, pnpm and yarn put into PATH: programs of the directory in which they were called, and of their caches. */
const OF_A_RUNNER = /[\\/](?:node_modules[\\/]\.bin|node-gyp-bin|(?:yarn--|xfs-)[\w.-]+)[\\/]?$/;
/** What they set for that directory: a package's own settings, those of its `.npmrc`, and where it is. */
const SET_BY_A_RUNNER = /^(?:npm_.+|INIT_CWD|PROJECT_CWD|BERRY_BIN_FOLDER|PNPM_SCRIPT_SRC_DIR)$/;
/** That one of them has started us. What a person exports for npm is mostly written in capitals, and stays. */
const RUNNER = ['npm_command', 'npm_lifecycle_event', 'npm_execpath', 'npm_config_user_agent'];
/** Directories for which a version manager, a package runner or a shell was called. */
const OF_A_DIRECTORY = /^(?:OLDPWD|INIT_CWD|npm_config_local_prefix|(?:PY|RB|NOD|GO|PHP|PL|J)ENV_DIR)$/;
/** Variables by which a program loads code or settings, or finds its installation. */
const LOADS =
  /^(?:NODE_(?:PATH|OPTIONS)|PYTHON\w*|RUBY(?:LIB|OPT)|PERL5?\w*|LD_\w+|DYLD_\w+|BASH_ENV|ENV|ZDOTDIR|GEM_\w+|BUNDLE_\w+|VIRTUAL_ENV|CONDA_PREFIX|(?:UV|PIP|BUN|DENO|YARN|PNPM|COREPACK|DOTNET)_\w+|npm_\w+|GOFLAGS|GOBIN|_?JAVA_\w*OPTIONS|CLASSPATH|BROWSER|GIT_\w+|SSH_ASKPASS|PHPRC|PHP_INI_SCAN_DIR|LUA_\w+|R_\w+|JULIA_\w+|ERL_\w+|CARGO_HOME|RUST\w+|OPENSSL_\w+|GCONV_PATH|SHELLOPTS|NVM_DIR|VOLTA_HOME)$/i;
const RELATIVE_PATH = /(?:^|[\s=:;"'])\.{1,2}[\\/]/;
/** Without a PATH systems have one of their own, which may begin with the working directory. */
const LAST_RESORT = '/usr/local/bin:/usr/bin:/bin';

/**
 * An environment without what belongs to the directory in which somebody has started us: the user's own servers and
 * programs must not be those of a project that the user only looks at. PATH keeps absolute entries that lie outside of the
 * project and were not put there by a package runner; what such a runner set goes, and what loads code out of the project.
 */
export function usersEnvironment(env: Environment = process.env, of: Surroundings = {}): Environment {
  const { cwd = workingDirectory(), home = homeDirectory(env), platform = process.platform } = of;
  const project = cwd === undefined ? undefined : projectRoot(cwd, home);
  const isOfRunner = RUNNER.some((name) => env[name] !== undefined);
  const isKept = ([name, value = '']: [string, string | undefined]) =>
    !OF_A_DIRECTORY.test(name) &&
    !(isOfRunner && (SET_BY_A_RUNNER.test(name) || isFromNpmrc(name, env))) &&
    !(LOADS.test(name) && (RELATIVE_PATH.test(value) || (project !== undefined && leadsInto(project, value, env))));
  const kept = Object.entries(env).filter(isKept);
  const meant = ([name, value]: [string, string | undefined]) => {
    if (isPath(name, platform)) return [name, usersPath(value, project, platform)];
    return [name, name === 'HOME' ? homeDirectory(env) : value];
  };
  const paths = kept.map(meant);
  // Windows looks into the working directory before it looks into PATH.
  return { ...Object.fromEntries(paths), ...(platform === 'win32' && { NoDefaultCurrentDirectoryInExePath: '1' }) };
}

/** npm hands on `node-options` of a project's `.npmrc`. */
function isFromNpmrc(name: string, env: Environment): boolean {
  return name === 'NODE_OPTIONS' && env.NODE_OPTIONS === env.npm_config_node_options;
}

function isPath(name: string, platform: NodeJS.Platform): boolean {
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

/** Undefined where it was removed. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
