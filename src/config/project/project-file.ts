import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import { writeFileAtomic } from '../../platform/atomic-file.ts';
import { realPath } from '../../platform/real-path.ts';

/** What the file of a project is called; the first that is there counts. */
export const PROJECT_FILE_NAMES = [
  '.mcp-gateway.json',
  '.mcp-gateway.jsonc',
  '.mcp-gateway.yml',
  '.mcp-gateway.yaml',
] as const;

/**
 * The directories in which a project's file may stand, nearest first: `from` and those above it, but never `home` or what is
 * above that. Without links, so that each has one name.
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

/** Absolute path of the file that applies to a directory: the nearest, whatever it is; undefined: there is none. */
export function findProjectFile(from: string, home: string): string | undefined {
  for (const directory of projectDirectories(from, home)) {
    const name = PROJECT_FILE_NAMES.find((candidate) => isThere(join(directory, candidate)));
    if (name !== undefined) return join(directory, name);
  }
  return undefined;
}

/** A link that leads nowhere is there too: it is refused rather than overlooked. */
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
  /** Its content when it was confirmed; absent: the person said no, whatever it holds. */
  readonly text?: string;
}

/** Where the record of a project's file is: one file for each, so that nobody waits for anybody. */
export function recordPath(dataDirectory: string, path: string): string {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
  return join(dataDirectory, 'projects', `${name}.json`);
}

/** The record of a project's file; undefined when there is none, or what is there is none. */
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

/** Writes a record whole, for its owner alone: a reader sees the old or the new. Throws `CONFIG_INVALID` where it cannot. */
export async function writeRecord(dataDirectory: string, record: ProjectRecord): Promise<void> {
  const file = recordPath(dataDirectory, record.path);
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // It may have been there before, open to others.
    await chmod(dirname(file), 0o700);
    await writeFileAtomic(file, JSON.stringify(record));
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `${file}: cannot be written (${causeOf(cause)})`, { cause });
  }
}
