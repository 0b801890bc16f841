import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ServerConfig } from '../config/schema.ts';
import { isJsonObject } from '../core/json.ts';
import { withFileLock } from '../login/file-lock.ts';
import { redactor } from '../upstream/redact.ts';
import { recordIn, recordJson, type TrustRecord } from './trust-record.ts';

/** What is kept of one server. */
export interface TrustContents {
  readonly record: TrustRecord;
  /** The trusted definitions as `packed` makes them; empty: none is kept. */
  readonly definitions: string;
}

/** What a file holds; neither: there is none. */
export interface ReadTrust {
  readonly contents?: TrustContents;
  readonly isCorrupt?: boolean;
}

const FORMAT = 1;
const MAX_BYTES = 32 * 1024 * 1024;
/** Servers remembered at most, those changed longest ago forgotten first. */
const MAX_FILES = 1_000;

/** The file of a server: of its key and of what is started or connected to, without what is secret or changes with a login. */
export function trustPath(dataDirectory: string, config: ServerConfig): string {
  const redact = redactor(config);
  const what = config.type === 'local' ? [...config.command, config.cwd] : [config.url];
  const identity = [config.key, config.type, ...what.map((text) => text && redact(text))];
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
  return join(dataDirectory, 'trust', `${name}.json`);
}

/** Reads at once: it is small, and wanted before something is said or called. A file of somebody else holds nothing of ours. */
export function readTrust(path: string): ReadTrust {
  try {
    const text = readOwn(path);
    if (text === undefined) return { isCorrupt: true };
    const file: unknown = JSON.parse(text);
    const record = isJsonObject(file) && file.format === FORMAT ? recordIn(file) : undefined;
    if (!record || !isJsonObject(file) || typeof file.definitions !== 'string') return { isCorrupt: true };
    return { contents: { record, definitions: file.definitions } };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? {} : { isCorrupt: true };
  }
}

/** Differs whenever the file was replaced; undefined: there is none. */
export function stampOf(path: string): string | undefined {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return undefined;
  }
}

/**
 * Replaces what is kept by what `change` makes of it, while no other gateway does. A corrupt file is put aside as `<file>.corrupt`. Resolves with the stamp of the file; rejects where nothing can be written.
 */
export async function updateTrust(
  path: string,
  change: (read: ReadTrust) => Promise<TrustContents>,
): Promise<string | undefined> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const stamp = await withFileLock(`${path}.lock`, async () => {
    const read = readTrust(path);
    if (read.isCorrupt) await rename(path, `${path}.corrupt`);
    await replace(path, await change(read));
    return stampOf(path);
  });
  await removeOldest(directory);
  return stamp;
}

/** Readable by its owner only, old or new and nothing in between. */
async function replace(path: string, { record, definitions }: TrustContents): Promise<void> {
  const temporary = `${path}.${randomUUID()}.new`;
  try {
    await writeFile(temporary, JSON.stringify({ format: FORMAT, ...recordJson(record), definitions }), { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function readOwn(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    const { uid, size } = fstatSync(file);
    const own = process.getuid === undefined || uid === process.getuid();
    return own && size <= MAX_BYTES ? readFileSync(file, 'utf8') : undefined;
  } finally {
    closeSync(file);
  }
}

async function removeOldest(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.json') || name.endsWith('.corrupt'));
  if (names.length <= MAX_FILES) return;
  const paths = names.map((name) => join(directory, name));
  const dated = await Promise.all(paths.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  const oldest = dated.sort((a, b) => a.at - b.at).slice(0, names.length - MAX_FILES);
  await Promise.all(oldest.map(({ path }) => rm(path, { force: true })));
}
