import { readlinkSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Returns a text that changes when the file is written, replaced, created or removed. */
export function fingerprint(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** Most links that are followed: the kernel's own limit before ELOOP. */
const MAX_LINKS = 40;

/**
 * Returns the directories to watch for changes of a file: its own and that of each file it links to. For a missing
 * directory, the nearest existing one above it.
 */
export function directoriesToWatch(path: string): string[] {
  const directories = new Set<string>();
  let file: string | undefined = path;
  for (let hop = 0; file !== undefined && hop < MAX_LINKS; hop++) {
    directories.add(nearestDirectory(dirname(file)));
    file = linkTarget(file);
  }
  return [...directories];
}

function linkTarget(file: string): string | undefined {
  try {
    return resolve(dirname(file), readlinkSync(file));
  } catch {
    return undefined;
  }
}

function nearestDirectory(directory: string): string {
  const parent = dirname(directory);
  return parent === directory || isDirectory(directory) ? directory : nearestDirectory(parent);
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
