import { constants, copyFile, mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { causeOf, GatewayError } from '../core/errors.ts';
import { writeWhole } from '../core/kept-file.ts';

/** For a file that did not exist: it may come to hold secrets. */
const NEW_FILE_MODE = 0o600;

export interface Replacement {
  readonly path: string;
  /** As it was read; undefined: there was no file. */
  readonly before: string | undefined;
  readonly after: string;
  /** Whether the file as it was is kept beside it. */
  readonly backup: boolean;
}

/**
 * Replaces a file whole: its new text appears at once, with the mode that the file had; a link stays a link. Resolves
 * with the path of the backup, where one was made. Throws `CONFIG_INVALID` when the file has changed since it was read,
 * and where it cannot be written.
 */
export async function replaceFile({ path, before, after, backup }: Replacement): Promise<string | undefined> {
  try {
    if (before === undefined) await mkdir(dirname(path), { recursive: true });
    const target = before === undefined ? path : await realpath(path);
    if ((await textOf(target)) !== before) throw changedMeanwhile(path);
    const mode = before === undefined ? NEW_FILE_MODE : (await stat(target)).mode & 0o777;
    const kept = backup && before !== undefined ? await keep(target) : undefined;
    await writeWhole(target, after, { mode });
    return kept;
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('CONFIG_INVALID', `${path}: cannot be written (${causeOf(cause)})`, { cause });
  }
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

/** Names of backups sort by time. */
async function keep(path: string): Promise<string> {
  const kept = `${path}.bak-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  await copyFile(path, kept, constants.COPYFILE_EXCL);
  return kept;
}
