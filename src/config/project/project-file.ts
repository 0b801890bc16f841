import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** What the file of a project is called; the first that is there counts. */
export const PROJECT_FILE_NAMES = [
  '.mcp-gateway.json',
  '.mcp-gateway.jsonc',
  '.mcp-gateway.yml',
  '.mcp-gateway.yaml',
] as const;

/**
 * The directories in which a project's file may stand, nearest first: `from` and those above it, but never `home` or what is
 * above that. Without links, so that each has one name.
 */
export function projectDirectories(from: string, home: string): string[] {
  const end = join(withoutLinks(home), sep);
  const directories: string[] = [];
  let directory = withoutLinks(from);
  while (!end.startsWith(join(directory, sep)) && directory !== directories.at(-1)) {
    directories.push(directory);
    directory = dirname(directory);
  }
  return directories;
}

/** Absolute path of the file that applies to a directory: the nearest, whatever it is; undefined: there is none. */
export function findProjectFile(from: string, home: string): string | undefined {
  for (const directory of projectDirectories(from, home)) {
    const name = PROJECT_FILE_NAMES.find((candidate) => isThere(join(directory, candidate)));
    if (name !== undefined) return join(directory, name);
  }
  return undefined;
}

/** A link that leads nowhere is there too: it is refused rather than overlooked. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** The one name of a directory; as it is where there is none. */
export function withoutLinks(directory: string): string {
  try {
    return realpathSync.native(directory);
  } catch {
    return directory;
  }
}
