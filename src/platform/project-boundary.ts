import { existsSync } from 'node:fs';
import { dirname, join, posix, resolve, sep } from 'node:path';
import { homeDirectory } from './home-directory.ts';
import { realPathOfExisting } from './real-path.ts';

/** Directories with programs of the system. A directory that contains one of these is no project. */
const OF_THE_SYSTEM = ['/bin', '/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/snap/bin', '/nix/store'];
/** Directories for anybody's work. `TMPDIR` is not among them, because it may be within the project. */
const TEMPORARY = ['/tmp', '/var/tmp', '/private/tmp', '/private/var/folders'];
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
 * Root of the project in which somebody works in `cwd`: the outermost directory above it with a `.git`, else `cwd`
 * itself. Undefined if that would be the home directory, one above it, or one with programs of the system or the user.
 */
export function projectRoot(cwd: string, home = homeDirectory()): string | undefined {
  const within = projectDirectories(realPathOfExisting(cwd), home);
  return within.filter((directory) => existsSync(join(directory, '.git'))).at(-1) ?? within[0];
}

/** True if a path is `directory` or within it, also through links. */
export function isWithin(directory: string, path: string): boolean {
  return [path, realPathOfExisting(path), realPathOfExisting(resolve(path))].some((each) => isBelow(directory, each));
}

function projectDirectories(cwd: string, home: string): string[] {
  const homes = [home, realPathOfExisting(home)].filter((each) => !isInRepository(each));
  const ofUser = homes.flatMap((each) => [each, ...OF_A_USER.map((folder) => join(each, folder))]);
  const others = [...TEMPORARY, ...OF_THE_SYSTEM, ...ofWindows(), ...ofUser];
  const directories: string[] = [];
  for (let each = cwd; !others.some((other) => isBelow(each, other)); each = dirname(each)) directories.push(each);
  return directories;
}

/** Only on Windows: elsewhere these variables mean nothing, and anybody may have set them. */
function ofWindows(): string[] {
  const { SystemRoot, ProgramFiles } = process.platform === 'win32' ? process.env : {};
  return [SystemRoot, ProgramFiles].filter((each) => each !== undefined);
}

/** True if a home is within a repository. Such a home was made for a project, and does not end it. */
function isInRepository(home: string): boolean {
  const above = dirname(home);
  return above !== home && (existsSync(join(above, '.git')) || isInRepository(above));
}

function isBelow(directory: string, path: string): boolean {
  return folded(join(path, sep)).startsWith(folded(join(directory, sep)));
}

/** Lower case, except on Linux. Two names that differ only in case count as one, which errs on the safe side. */
function folded(path: string): string {
  return process.platform === 'linux' ? path : path.toLowerCase();
}

type Environment = Readonly<Record<string, string | undefined>>;

/** START matches the begin of an absolute path. END matches its possible end within a list, an option or quotes. */
const START = process.platform === 'win32' ? /[a-z]:[\\/]/gi : /\//g;
const END = /[\\/\s:;,=?#&|"'`)]|$/g;

/**
 * True if a path in a text (options, a list, a `file:` URL, words for a shell) is `directory` or within it. Links,
 * dots, escapes and variables in it are resolved.
 */
export function leadsInto(directory: string, text: string, env: Environment): boolean {
  // Quick test: most variables hold no path.
  if (!/[\\/]/.test(decoded(text)) && !/[$~]/.test(text)) return false;
  return readings(text, env).some((each) => names(each, directory) || hasPathWithin(directory, each));
}

/** True if a text contains `directory` itself, and not only a directory whose name begins with the same characters. */
function names(text: string, directory: string): boolean {
  const after = text.split(directory).slice(1);
  return after.some((rest) => !/^[\p{L}\p{N}_.-]/u.test(rest));
}

/**
 * Readings of a text: as written, as a shell expands it, without quotes, and as the path of a URL; each also with its
 * dots resolved.
 */
function readings(text: string, env: Environment): string[] {
  const filled = text
    .replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => env[braced ?? bare] ?? '')
    .replace(/(?<![^\s:="'])~(?=\/)/g, homeDirectory(env));
  const unquoted = filled.replace(/["']|\\(?=[^\w])/g, '');
  const written = [text, filled, unquoted, decoded(text), decoded(unquoted)];
  return [...new Set(written.flatMap((each) => [each, posix.normalize(each)]))];
}

function hasPathWithin(directory: string, text: string): boolean {
  return Array.from(text.matchAll(START)).some(({ 0: root, index }) => isPathWithin(directory, text, index, root));
}

/** Tests longer and longer beginnings, as long as they are directories, because a name may contain any character. */
function isPathWithin(directory: string, text: string, start: number, root: string): boolean {
  for (const { index, 0: end } of text.slice(start + root.length).matchAll(END)) {
    const path = text.slice(start, start + root.length + index);
    if (isWithin(directory, path)) return true;
    if (/[\\/]/.test(end) && !existsSync(path)) return false;
  }
  return false;
}

function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());
}
