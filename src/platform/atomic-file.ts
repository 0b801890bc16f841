import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Replaces a file atomically: a reader sees the old or the new content, and the last of several writers wins. The file
 * is readable by its owner only, unless `mode` says otherwise; so is a folder that is made for it. Rejects with the
 * error of the system and leaves no temporary file.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  { mode = 0o600, signal }: { readonly mode?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(temporary, data, { mode, flag: 'wx', signal });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Text of a file that belongs to our user. Undefined if it belongs to another user or is longer than `maxBytes`. Throws
 * where it cannot be read.
 */
export function readOwnedFile(path: string, maxBytes: number): string | undefined {
  const file = openSync(path, 'r');
  try {
    const { uid, size } = fstatSync(file);
    const own = process.getuid === undefined || uid === process.getuid();
    return own && size <= maxBytes ? readFileSync(file, 'utf8') : undefined;
  } finally {
    closeSync(file);
  }
}

/** Deletes the oldest files of a folder beyond `most`. Files whose name is not `counted` stay. */
export async function pruneOldest(
  directory: string,
  most: number,
  counted: (name: string) => boolean = () => true,
): Promise<void> {
  const names = (await readdir(directory)).filter(counted);
  if (names.length <= most) return;
  const paths = names.map((name) => join(directory, name));
  const dated = await Promise.all(paths.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  const oldest = dated.sort((a, b) => a.at - b.at).slice(0, names.length - most);
  await Promise.all(oldest.map(({ path }) => rm(path, { force: true })));
}
