import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ClientHome } from './client.ts';

/** The folders in which a client looks for files of a project, the nearest first. */
export function foldersOf({ cwd, above = [] }: ClientHome): readonly string[] {
  return [cwd, ...above];
}

/**
 * The folders above a directory that belong to the same project: up to its repository, else none. A folder of somebody else
 * ends it: who may write there must not have servers imported.
 */
export function projectAbove(cwd: string, home: string): readonly string[] {
  const folders: string[] = [];
  let folder = cwd;
  while (!existsSync(join(folder, '.git'))) {
    const parent = dirname(folder);
    if (parent === folder || parent === home || !isOwn(parent)) return [];
    folders.push(parent);
    folder = parent;
  }
  return folders;
}

function isOwn(folder: string): boolean {
  try {
    return process.getuid === undefined || statSync(folder).uid === process.getuid();
  } catch {
    return false;
  }
}

/** Where desktop programs keep their files, by operating system. */
export function applicationData({ home, env, platform }: ClientHome): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env.APPDATA || join(home, 'AppData', 'Roaming');
  return env.XDG_CONFIG_HOME || join(home, '.config');
}
