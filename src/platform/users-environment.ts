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

/** Whose programs are started, and where. */
export interface UserEnvironmentContext extends EnvironmentContext {
  /** Of the configuration that names the program. Whoever can write there can write the command too. */
  readonly folder?: string | undefined;
}

/**
 * Where a program runs, which it knows anyway, and which has none load anything. `OLDPWD` and `INIT_CWD` are no such names: they
 * say where somebody has started us, and programs look for settings there.
 */
const HARMLESS = /^PWD$/;
/** What the daemon knows for those entries alone that name it: names, separated by commas. */
export const WITHHELD = 'MCP_GATEWAY_WITHHELD';
/** Lists of paths, which lose the parts that lead into the project. */
const LISTS = /(?:PATHS?|_DIRS|^KUBECONFIG)$/i;
const RELATIVE_PATH = /(?:^|[\s=:;"'])\.{1,2}[\\/]/;

/**
 * An environment without what belongs to the directory in which somebody has started us: the user's own servers and
 * programs must not be those of a project that the user only looks at, nor load code or settings out of it. Nobody can list
 * the variables by which programs do; so whatever leads into the project is left out, unless a configuration within the
 * project has named the program.
 */
export function usersEnvironment(env: Environment = process.env, of: UserEnvironmentContext = {}): Environment {
  const { platform = process.platform, folder } = of;
  const project = projectOf(env, of);
  const withheld = [WITHHELD, ...(env[WITHHELD]?.split(',') ?? [])];
  const own = Object.entries(gatewayEnvironment(env, of)).filter(([name]) => !withheld.includes(name));
  const isOfProject = project !== undefined && folder !== undefined && isWithin(project, folder);
  const kept = isOfProject ? own : own.flatMap((variable) => outside(project, variable, env, platform));
  // Windows looks into the working directory before it looks into PATH.
  return { ...Object.fromEntries(kept), ...(platform === 'win32' && { NoDefaultCurrentDirectoryInExePath: '1' }) };
}

/** Names of the variables that the user's servers and programs do not inherit as they are. */
export function leftOut(env: Environment = process.env, of: UserEnvironmentContext = {}): readonly string[] {
  const users = usersEnvironment(env, of);
  return Object.keys(env).filter((name) => name !== WITHHELD && users[name] !== env[name]);
}

/** What was found of texts, by the project: to follow all links of a hundred variables takes 10 ms, for each server anew. */
const found = new BoundedMap<string, boolean>({ maxEntries: 1_000 });

function isInto(project: string, text: string, env: Environment): boolean {
  // What variables stand for may change.
  if (/[$~]/.test(text)) return leadsInto(project, text, env);
  const key = `${project}\0${text}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  const isWithinProject = leadsInto(project, text, env);
  found.set(key, isWithinProject);
  return isWithinProject;
}

type Variable = [name: string, value: string | undefined];

/** A variable as far as it does not lead into the project. */
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
