import { posix, win32 } from 'node:path';
import { BoundedMap } from '../core/bounded-map.ts';
import {
  type Environment,
  type EnvironmentContext,
  gatewayEnvironment,
  isPath,
  projectOf,
} from './gateway-environment.ts';
import { isWithin, leadsInto } from './project-boundary.ts';

/** The user and the configuration for which a program is started. */
export interface UserEnvironmentContext extends EnvironmentContext {
  /** Folder of the configuration that names the program. A person who can write there can write the command too. */
  readonly folder?: string | undefined;
}

/**
 * Variables that may lead into the project. A program knows its working directory anyway, and loads nothing because of
 * `PWD`. `OLDPWD` and `INIT_CWD` are not among them: they name the directory in which we were started, and programs
 * look for settings there.
 */
const HARMLESS = /^PWD$/;
/**
 * Variable with a list of names, separated by commas: variables of the daemon that only entries naming them may see.
 */
export const WITHHELD = 'MCP_GATEWAY_WITHHELD';
/** Names of variables with lists of paths. From these only the entries within the project are removed. */
const LISTS = /(?:PATHS?|_DIRS|^KUBECONFIG)$/i;
const RELATIVE_PATH = /(?:^|[\s=:;"'])\.{1,2}[\\/]/;

/**
 * An environment without values that lead into the project in which we were started. The user's own servers and
 * programs must not be those of a project that the user only looks at, nor load code or settings from it. The variables
 * by which programs load code cannot be listed, so every variable that leads into the project is removed, unless a
 * configuration within the project names the program.
 */
export function usersEnvironment(env: Environment = process.env, of: UserEnvironmentContext = {}): Environment {
  const { platform = process.platform, folder } = of;
  const project = projectOf(env, of);
  const withheld = [WITHHELD, ...(env[WITHHELD]?.split(',') ?? [])];
  const own = Object.entries(gatewayEnvironment(env, of)).filter(([name]) => !withheld.includes(name));
  const isOfProject = project !== undefined && folder !== undefined && isWithin(project, folder);
  const kept = isOfProject ? own : own.flatMap((variable) => outside(project, variable, env, platform));
  // Windows searches the working directory before PATH.
  return { ...Object.fromEntries(kept), ...(platform === 'win32' && { NoDefaultCurrentDirectoryInExePath: '1' }) };
}

/** Names of the variables that the user's servers and programs do not inherit unchanged. */
export function leftOut(env: Environment = process.env, of: UserEnvironmentContext = {}): readonly string[] {
  const users = usersEnvironment(env, of);
  return Object.keys(env).filter((name) => name !== WITHHELD && users[name] !== env[name]);
}

/**
 * Results of `leadsInto` by project and text: to resolve the links of a hundred variables takes 10 ms, for each server
 * anew.
 */
const found = new BoundedMap<string, boolean>({ maxEntries: 1_000 });

function isInto(project: string, text: string, env: Environment): boolean {
  // The variables in the text may change, so the answer is not cached.
  if (/[$~]/.test(text)) return leadsInto(project, text, env);
  const key = `${project}\0${text}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  const isWithinProject = leadsInto(project, text, env);
  found.set(key, isWithinProject);
  return isWithinProject;
}

type Variable = [name: string, value: string | undefined];

/** A variable without the parts that lead into the project; empty if nothing is left. */
function outside(
  project: string | undefined,
  [name, value]: Variable,
  env: Environment,
  platform: NodeJS.Platform,
): Variable[] {
  const isWithinProject = (text: string) =>
    RELATIVE_PATH.test(text) || (project !== undefined && isInto(project, text, env));
  const isKept = value === undefined || HARMLESS.test(name) || isPath(name, platform) || !isWithinProject(value);
  if (isKept) return [[name, value]];
  const { delimiter, isAbsolute } = platform === 'win32' ? win32 : posix;
  const parts = value.split(delimiter);
  if (!LISTS.test(name) || !parts.every((part) => part === '' || isAbsolute(part))) return [];
  const rest = parts.filter((part) => !isWithinProject(part));
  return rest.some((part) => part !== '') ? [[name, rest.join(delimiter)]] : [];
}
