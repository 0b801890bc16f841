import { readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeWhole } from '../../platform/atomic-file.ts';
import { readText } from './read-client-file.ts';

/** Ends the name of the copy of a file as it was before the first install: no newer backup takes its place. */
const ORIGIN = '.bak-before-gateway';

/** What is kept of a file that was there, and empty: an empty copy says that there was none. */
const WAS_EMPTY = '\ufeff';

/** Whether there was a file before the first install, by what is kept of it. */
export function wasThere(origin: string | undefined): origin is string {
  return origin !== undefined && origin !== '';
}

/** The text of a file that was there, by what is kept of it. */
export function textOf(origin: string): string {
  return origin === WAS_EMPTY ? '' : origin;
}

/** What is kept, empty where there was no file; undefined: nothing was installed since. */
export async function originOf(path: string): Promise<string | undefined> {
  return readText(await originPath(path));
}

/** Keeps a text, of a file that is there or not, as readable as the file itself. Resolves with its path; undefined where there was nothing to keep. */
export async function keepOrigin(path: string, text: string, isThere: boolean): Promise<string | undefined> {
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  );
  const kept = await originPath(path);
  await writeWhole(kept, text === '' && isThere ? WAS_EMPTY : text, { mode });
  return text === '' ? undefined : kept;
}

/** After an undo: it goes where the file is as it was, else it stays as a backup like others. */
export async function releaseOrigin(path: string, after: string | undefined): Promise<void> {
  const kept = await originPath(path);
  const text = await readText(kept);
  if (text === undefined) return;
  if (textOf(text) === '' || text === after) await rm(kept, { force: true });
  else await rename(kept, kept.replace(ORIGIN, `.bak-${new Date().toISOString().replace(/[:.]/g, '-')}`));
}

/** The texts of the backups, the latest first. */
export async function backupsOf(path: string): Promise<string[]> {
  const paths = await backupPaths(path);
  const texts = await Promise.all(paths.reverse().map(readText));
  return texts.filter((text) => text !== undefined);
}

/** The texts of the backups since the first install, the oldest first. */
export async function backupsSince(path: string): Promise<string[]> {
  const first = await stat(await originPath(path)).catch(() => undefined);
  if (!first) return [];
  const paths = await backupPaths(path);
  const dated = await Promise.all(paths.map(async (each) => ({ each, at: (await stat(each)).mtimeMs })));
  const texts = await Promise.all(dated.map(({ each, at }) => (at >= first.mtimeMs ? readText(each) : undefined)));
  return texts.filter((text) => text !== undefined);
}

/** The oldest first. */
async function backupPaths(path: string): Promise<string[]> {
  const target = await targetOf(path);
  const start = `${basename(target)}.bak-`;
  const names = await readdir(dirname(target)).catch(() => []);
  const own = names.filter((name) => name.startsWith(start) && /^\d/.test(name.slice(start.length)));
  return own.sort().map((name) => join(dirname(target), name));
}

async function originPath(path: string): Promise<string> {
  return `${await targetOf(path)}${ORIGIN}`;
}

function targetOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
