import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

const FOLDER = join('node_modules', '.cache', 'bench');

/** Returns what `compute` returned when it was last called for files of the same content; keeps one value per name. */
export async function cached<T>(name: string, files: readonly string[], compute: () => Promise<T>): Promise<T> {
  const path = join(FOLDER, `${name}.bin`);
  const key = keyOf(files);
  try {
    const kept = deserialize(readFileSync(path)) as { key: string; value: T }; // what is written below
    if (kept.key === key) return kept.value;
  } catch {
    // There is none, or it was written by another version of Node.
  }
  const value = await compute();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, serialize({ key, value }));
  return value;
}

/** Returns the paths of the files in a folder whose names end so, in order. */
export function filesIn(folder: string, ending: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

function keyOf(files: readonly string[]): string {
  const hash = createHash('sha1');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}
