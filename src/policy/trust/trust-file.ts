import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ServerConfig } from '../../config/schema.ts';
import { causeOf } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import { readOwnedFile, writeFileAtomic } from '../../platform/atomic-file.ts';
import { withFileLock } from '../../platform/file-lock.ts';
import { recordIn, recordJson, type TrustRecord } from './trust-record.ts';

/** Result of reading a record. Without `record` and `problem` there is no file. */
interface ReadTrust {
  readonly record?: TrustRecord;
  /** Cause that an existing file cannot be read. Such a server does not count as new. */
  readonly problem?: string;
  /** True if the system refused to read it, which may pass. */
  readonly isPassing?: boolean;
}

/** The record after a write. */
interface WrittenTrust {
  readonly before: TrustRecord | undefined;
  readonly record: TrustRecord;
  readonly stamp: string | undefined;
}

const FORMAT = 2;
/** Formats that are read. In format 1 the record and the trusted definitions were in one file. */
const FORMATS: readonly unknown[] = [1, FORMAT];
/** Longest record that is read, in bytes: half as long again as a full record. */
const MAX_BYTES = 64 * 1024 * 1024;
const ENDING = '.record.json';
/** Another process may hold the lock while it packs and writes a few files. */
const LOCK_TIMES = { staleMs: 30_000, maxWaitMs: 10_000, pollMs: 20 };

/**
 * Path of a server's record; see `serverIdentity`. Records are never removed: a server without one would be trusted as
 * it is then.
 */
export function trustPath(dataDirectory: string, config: ServerConfig): string {
  return join(dataDirectory, 'trust', `${serverIdentity(config)}${ENDING}`);
}

/**
 * Path of the record in format 1. The file stays for gateways of that version, which would take a file of another
 * format for a corrupt one.
 */
export function oldPath(path: string): string {
  return `${path.slice(0, -ENDING.length)}.json`;
}

/** Reads a record synchronously: the file is small, and a remark or call needs it first. */
export function readTrust(path: string): ReadTrust {
  const read = readAt(path);
  return read.record || read.problem !== undefined ? read : readAt(oldPath(path));
}

function readAt(path: string): ReadTrust {
  try {
    if (!statSync(path).isFile()) return { problem: `${path} is no file` };
    const text = readOwnedFile(path, MAX_BYTES);
    if (text === undefined) return { problem: `${path} is somebody else's, or too long` };
    const file: unknown = JSON.parse(text);
    const record = isJsonObject(file) && FORMATS.includes(file.format) ? recordIn(file) : undefined;
    return record ? { record } : { problem: `${path} holds no record of this version` };
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: `${path} is no JSON` };
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? {} : { problem: causeOf(error), isPassing: true };
  }
}

/** Mark that differs whenever the file was replaced; undefined: there is no file. */
export function stampOf(path: string): string | undefined {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : code;
  }
}

/**
 * Replaces the record by the result of `change`, under the lock. An unreadable record is renamed to `<file>.corrupt`.
 * Rejects where nothing can be written, or with the error that `change` throws; then the file stays as it is.
 */
export async function updateTrust(path: string, change: (read: ReadTrust) => TrustRecord): Promise<WrittenTrust> {
  return locked(path, async () => {
    const read = readTrust(path);
    const record = change(read);
    if (read.problem !== undefined) await putAside(path);
    await writeFileAtomic(path, JSON.stringify({ format: FORMAT, ...recordJson(record) }));
    return { before: read.record, record, stamp: stampOf(path) };
  });
}

/** Runs `work` while no other process writes the files of this server. */
export async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return withFileLock(`${path}.lock`, work, LOCK_TIMES);
}

async function putAside(path: string): Promise<void> {
  const broken = stampOf(path) === undefined ? oldPath(path) : path;
  await rename(broken, `${broken}.corrupt`);
}

/** Names under which people keep secrets. */
const SECRET_NAME = /key|token|secret|passw|pwd|auth|credential|cookie|session|signature/i;
const MIN_SECRET_LENGTH = 6;
const BLANK = '[redacted]';

/**
 * Hash of the key of a server and of its command or URL, without secrets and values that change with a login. It names
 * the server's record. So the rules for blanking here must never change, even when those of the log do: under another
 * name the server would begin anew.
 */
function serverIdentity(config: ServerConfig): string {
  const { key, type } = config;
  const secrets = [...new Set(secretsOf(config))]
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length);
  const blanked = (text: string) => secrets.reduce((left, secret) => left.replaceAll(secret, BLANK), text);
  const what = config.type === 'local' ? [...config.command, config.cwd] : [config.url];
  const identity = [key, type, ...what.map((text) => text && blanked(text))];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
}

function secretsOf(config: ServerConfig): string[] {
  const read = (config.secrets ?? []).flatMap((secret) => {
    return [secret, ...secret.split(/\r?\n/).map((line) => line.trim()), encodeURIComponent(secret)];
  });
  return [...read, ...(config.type === 'local' ? localSecrets(config) : remoteSecrets(config))];
}

function localSecrets({ command, environment }: ServerConfig & { type: 'local' }): string[] {
  const variables = Object.entries(environment).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  const options = command.flatMap((word, index) => {
    const [name = '', value] = word.split(/=(.*)/s);
    return name.startsWith('-') && SECRET_NAME.test(name) ? [value ?? command[index + 1] ?? ''] : [];
  });
  return [...variables, ...options];
}

function remoteSecrets({ url, headers, oauth }: ServerConfig & { type: 'remote' }): string[] {
  const { username, password, searchParams } = new URL(url);
  const parameters = [...searchParams].flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  const values = Object.values(headers).flatMap((value) => [value, value.replace(/^\w+ /, '')]);
  const within = [username, password, ...parameters].flatMap((text) => [text, encodeURIComponent(text)]);
  return [...values, (oauth ? oauth.clientSecret : undefined) ?? '', ...within];
}
