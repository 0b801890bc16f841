import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes of a log file before it becomes the one before, and that one goes. */
const MAX_BYTES = 1024 * 1024;

/** Opens a log file at its end, for us or for a child's stderr; one that is full is put aside first. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'a', 0o600);
  if (fstatSync(file).size < MAX_BYTES) return file;
  closeSync(file);
  renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/** Writes lines to that file, which is bounded. A disk that refuses costs lines and nothing else. */
export function logWriter(path: string): (line: string) => void {
  let file: number | undefined;
  let bytes = 0;
  return (line) => {
    try {
      if (file !== undefined && bytes > MAX_BYTES) {
        closeSync(file);
        file = undefined;
      }
      if (file === undefined) {
        file = openLog(path);
        bytes = fstatSync(file).size;
      }
      bytes += writeSync(file, line);
    } catch {
      // There is nobody else to tell.
    }
  };
}
