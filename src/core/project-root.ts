import { existsSync, realpathSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';

/** Where the programs of systems and users stand: a directory that holds one of these is no project. */
const OF_THE_SYSTEM = ['/bin', '/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/snap/bin', '/nix/store'];
const OF_A_USER = [
  'bin',
  '.local/bin',
  '.cargo/bin',
  '.bun/bin',
  '.deno/bin',
  '.volta/bin',
  '.npm-global/bin',
  'go/bin',
];

/**
 * The project in which somebody works in `cwd`: the outermost directory above it with a `.git`, else `cwd` itself. Undefined
 * where that would be the home directory, one above it, or one in which the programs of the system or the user stand.
 */
export function projectRoot(cwd: string, home = homedir()): string | undefined {
  const within = projectDirectories(withoutLinks(cwd), home);
  return within.filter((directory) => existsSync(join(directory, '.git'))).at(-1) ?? within[0];
}

/** Whether a path is that directory or within it, whatever links lead there. */
export function isWithin(directory: string, path: string): boolean {
  return [path, withoutLinks(path)].some((each) => isBelow(directory, each));
}

function projectDirectories(cwd: string, home: string): string[] {
  const { SystemRoot, ProgramFiles } = process.env;
  const programs = [...OF_THE_SYSTEM, SystemRoot, ProgramFiles, ...OF_A_USER.map((each) => join(home, each))];
  const others = [home, withoutLinks(home), tmpdir(), ...programs].filter((each) => each !== undefined);
  const directories: string[] = [];
  for (let each = cwd; !others.some((other) => isBelow(each, other)); each = dirname(each)) directories.push(each);
  return directories;
}

function isBelow(directory: string, path: string): boolean {
  return folded(join(path, sep)).startsWith(folded(join(directory, sep)));
}

/** Where names differ in more than case, nothing is lost by this. */
function folded(path: string): string {
  return process.platform === 'linux' ? path : path.toLowerCase();
}

function withoutLinks(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}
