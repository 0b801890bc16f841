import { constants, copyFile, mkdir, readdir, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { pruneOldest, writeFileAtomic } from '../../platform/atomic-file.ts';
import { realPath } from '../../platform/real-path.ts';
import { readText } from './read-client-file.ts';

/** For a file that did not exist: it may come to hold secrets. */
const OWNER_ONLY = 0o600;
/** Backups of one file; older ones go. */
const MAX_BACKUPS = 5;

interface Replacement {
  readonly path: string;
  /** As it was read; undefined: there was no file. */
  readonly before: string | undefined;
  readonly after: string;
  /** Whether the file as it was is kept beside it. */
  readonly backup: boolean;
  /** Holds secrets: nobody but its owner may read it from now on, whatever its mode was. */
  readonly secret?: boolean;
}

/**
 * Replaces a file whole: its new text appears at once, with the mode that the file had; a link stays a link. Resolves
 * with the path of the backup, where one was made. Throws `CONFIG_INVALID` when the file has changed since it was read,
 * and where it cannot be written.
 */
export async function replaceFile({ path, before, after, backup, secret }: Replacement): Promise<string | undefined> {
  try {
    const target = await realpath(path).catch(() => linkedFrom(path));
    if (before === undefined) await mkdir(dirname(target), { recursive: true });
    if ((await currentText(target)) !== before) throw changedMeanwhile(path);
    const mode = before === undefined || secret ? OWNER_ONLY : (await stat(target)).mode & 0o777;
    if (secret && before !== undefined) await refuseForeign(target, path);
    const kept = backup && before !== undefined ? await keep(target) : undefined;
    await writeFileAtomic(target, after, { mode });
    return kept;
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('CONFIG_INVALID', `${path}: cannot be written (${causeOf(cause)})`, { cause });
  }
}

/** Where a link leads though nothing is there yet. */
async function linkedFrom(path: string): Promise<string> {
  const leadsTo = await readlink(path).catch(() => undefined);
  return leadsTo === undefined ? path : resolve(dirname(path), leadsTo);
}

async function currentText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function changedMeanwhile(path: string): GatewayError {
  return new GatewayError(
    'CONFIG_INVALID',
    `${path}: was changed by somebody else meanwhile, and left alone; try again`,
  );
}

/** Where a link leads to somebody else's file, that person would lose it, and reads what is written. */
async function refuseForeign(target: string, path: string): Promise<void> {
  const { uid } = await stat(target);
  if (process.getuid === undefined || uid === process.getuid()) return;
  const where = target === path ? path : `${path}, which leads to ${target},`;
  throw new GatewayError('CONFIG_INVALID', `${where} belongs to somebody else: no secrets are written to it`);
}

/** Names of backups sort by time. Of a file that held what only its owner may read, the copy is no more open. */
async function keep(path: string): Promise<string> {
  const start = `${basename(path)}.bak-`;
  const kept = `${path}.bak-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  await copyFile(path, kept, constants.COPYFILE_EXCL);
  await pruneOldest(
    dirname(path),
    MAX_BACKUPS,
    (name) => name.startsWith(start) && /^\d/.test(name.slice(start.length)),
  );
  return kept;
}

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
  await writeFileAtomic(kept, text === '' && isThere ? WAS_EMPTY : text, { mode });
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
  const target = realPath(path);
  const start = `${basename(target)}.bak-`;
  const names = await readdir(dirname(target)).catch(() => []);
  const own = names.filter((name) => name.startsWith(start) && /^\d/.test(name.slice(start.length)));
  return own.sort().map((name) => join(dirname(target), name));
}

async function originPath(path: string): Promise<string> {
  return `${realPath(path)}${ORIGIN}`;
}
