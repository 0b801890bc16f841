import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import { writeFileAtomic } from '../../platform/atomic-file.ts';
import { realPath } from '../../platform/real-path.ts';

/** Names of a project's file; the first that exists counts. */
export const PROJECT_FILE_NAMES = [
  '.mcp-gateway.json',
  '.mcp-gateway.jsonc',
  '.mcp-gateway.yml',
  '.mcp-gateway.yaml',
] as const;

/**
 * Returns the directories in which a project's file may be, nearest first: `from` and those above it, but not `home` or
 * those above that. Links are resolved, so that each directory has one name.
 */
export function projectDirectories(from: string, home: string): string[] {
  const end = join(realPath(home), sep);
  const directories: string[] = [];
  let directory = realPath(from);
  while (!end.startsWith(join(directory, sep)) && directory !== directories.at(-1)) {
    directories.push(directory);
    directory = dirname(directory);
  }
  return directories;
}

/** Returns the absolute paths at which a project's file may be, nearest first. */
export function projectFiles(from: string, home: string): readonly string[] {
  return projectDirectories(from, home).flatMap((directory) => PROJECT_FILE_NAMES.map((name) => join(directory, name)));
}

/** Returns the absolute path of the nearest project file, of any file type; undefined if there is none. */
export function findProjectFile(from: string, home: string): string | undefined {
  return projectFiles(from, home).find(isThere);
}

/** True if the path exists, even as a broken link, which must be refused rather than ignored. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** A person's answer to the question about a project's file. */
interface ProjectRecord {
  /** Absolute path of that file. */
  readonly path: string;
  /** Its content when it was confirmed. Absent: the user declined the file, with any content. */
  readonly text?: string;
}

/**
 * Returns the path of the record of a project's file. Each has a file of its own, so that no process waits for another.
 */
export function recordPath(dataDirectory: string, path: string): string {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
  return join(dataDirectory, 'projects', `${name}.json`);
}

/** Returns the record of a project's file; undefined if it is missing or invalid. */
export function readRecord(dataDirectory: string, path: string): ProjectRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(recordPath(dataDirectory, path), 'utf8'));
    if (!isJsonObject(record) || record.path !== path) return undefined;
    const { text } = record;
    return typeof text === 'string' ? { path, text } : { path };
  } catch {
    return undefined;
  }
}

/** Writes a record atomically, readable by its owner only. Throws `CONFIG_INVALID` if that fails. */
export async function writeRecord(dataDirectory: string, record: ProjectRecord): Promise<void> {
  const file = recordPath(dataDirectory, record.path);
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // The directory may have existed before, readable by others.
    await chmod(dirname(file), 0o700);
    await writeFileAtomic(file, JSON.stringify(record));
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `${file}: cannot be written (${causeOf(cause)})`, { cause });
  }
}
