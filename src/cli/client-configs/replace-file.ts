import { constants, copyFile, mkdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { keepNewest, writeWhole } from '../../platform/atomic-file.ts';

/** For a file that did not exist: it may come to hold secrets. */
const OWNER_ONLY = 0o600;
/** Backups of one file; older ones go. */
const MAX_BACKUPS = 5;

export interface Replacement {
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
    if ((await textOf(target)) !== before) throw changedMeanwhile(path);
    const mode = before === undefined || secret ? OWNER_ONLY : (await stat(target)).mode & 0o777;
    if (secret && before !== undefined) await refuseForeign(target, path);
    const kept = backup && before !== undefined ? await keep(target) : undefined;
    await writeWhole(target, after, { mode });
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

async function textOf(path: string): Promise<string | undefined> {
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
  await keepNewest(
    dirname(path),
    MAX_BACKUPS,
    (name) => name.startsWith(start) && /^\d/.test(name.slice(start.length)),
  );
  return kept;
}
