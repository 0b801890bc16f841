import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ServerConfig } from '../config/schema.ts';
import { withFileLock } from '../core/file-lock.ts';
import { isJsonObject } from '../core/json.ts';
import { keepNewest, readOwn, writeWhole } from '../core/kept-file.ts';
import { secretRedactor } from '../upstream/redact.ts';
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
  const redact = secretRedactor(config);
  const what = config.type === 'local' ? [...config.command, config.cwd] : [config.url];
  const identity = [config.key, config.type, ...what.map((text) => text && redact(text))];
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
  return join(dataDirectory, 'trust', `${name}.json`);
}

/** Reads at once: it is small, and wanted before something is said or called. A file of somebody else holds nothing of ours. */
export function readTrust(path: string): ReadTrust {
  try {
    const text = readOwn(path, MAX_BYTES);
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
    const { record, definitions } = await change(read);
    await writeWhole(path, JSON.stringify({ format: FORMAT, ...recordJson(record), definitions }));
    return stampOf(path);
  });
  await keepNewest(directory, MAX_FILES, (name) => /\.(?:json|corrupt)$/.test(name));
  return stamp;
}
