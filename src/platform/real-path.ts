import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** A path without symbolic links; unchanged where nothing is at that path. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** An absolute path without symbolic links in the part of it that exists. */
export function realPathOfExisting(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const whole = resolve(path);
    const above = dirname(whole);
    return above === whole ? whole : join(realPathOfExisting(above), basename(whole));
  }
}
