import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { causeOf, GatewayError } from '../../../core/errors.ts';

/** Endings of files where the name of the type is none. */
const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/svg+xml': 'svg',
  'image/x-icon': 'ico',
  'audio/mpeg': 'mp3',
  'audio/x-wav': 'wav',
  'audio/mp4': 'm4a',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/javascript': 'js',
};

/** A name that is safe in any folder, with the ending of its type where it has none. */
export function fileName(wish: string, mimeType: string): string {
  const plain =
    wish
      .replace(/[^\w.-]+/g, '_')
      .replace(/^[.-]+/, '')
      .slice(-100) || 'file';
  return /\.\w{1,8}$/.test(plain) ? plain : `${plain}.${ending(mimeType)}`;
}

function ending(mimeType: string): string {
  const [type = ''] = mimeType.toLowerCase().split(';');
  const [, subtype = ''] = /^\w+\/(?:x-)?([a-z0-9]{1,8})$/.exec(type.trim()) ?? [];
  return ENDINGS[type.trim()] ?? (subtype || 'bin');
}

/** Writes a new file, under the next free name where there is one of that name. Resolves with its path. */
export async function saveBytes(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const dot = name.lastIndexOf('.');
  try {
    await mkdir(folder, { recursive: true });
    for (let count = 1; ; count++) {
      const path = join(folder, count === 1 ? name : `${name.slice(0, dot)}-${count}${name.slice(dot)}`);
      if (await wroteNew(path, bytes)) return path;
    }
  } catch (cause) {
    throw new GatewayError('INTERNAL', `${folder}: ${name} cannot be saved there (${causeOf(cause)}); try --output`, {
      cause,
    });
  }
}

async function wroteNew(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await writeFile(path, bytes, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
