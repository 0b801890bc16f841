import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { causeOf } from '../../core/errors.ts';
import { findProjectFile, readRecord } from './project-file.ts';

/** The file of a project and its status; `text` is the confirmed content. See `ProjectStatus`. */
export type Project = { readonly path: string } & (
  | { readonly status: 'confirmed' | 'changed'; readonly text: string }
  | { readonly status: 'unconfirmed' | 'declined' }
  | { readonly status: 'refused'; readonly reason: string }
);

/** The user: the home directory, and the directory of the user's confirmations. */
interface ProjectOwner {
  readonly home: string;
  readonly dataDirectory: string;
}

/** Returns the project of a directory and the status of its file; undefined if there is none. */
export function projectAt(directory: string, owner: ProjectOwner): Project | undefined {
  const path = findProjectFile(directory, owner.home);
  return path === undefined ? undefined : projectOf(path, owner.dataDirectory);
}

/** Returns the status of a project's file. No content is interpreted before it is confirmed. */
export function projectOf(path: string, dataDirectory: string): Project {
  const record = readRecord(dataDirectory, path);
  if (record !== undefined && record.text === undefined) return { path, status: 'declined' };
  const read = readProjectFile(path);
  if ('refused' in read) return { path, status: 'refused', reason: read.refused };
  const text = record?.text;
  if (text === undefined) return { path, status: 'unconfirmed' };
  return { path, status: text === read.text ? 'confirmed' : 'changed', text };
}

/** The text of a project's file, with warnings for the user; or the reason why it was refused. */
type ProjectText = { readonly text: string; readonly warnings: readonly string[] } | { readonly refused: string };

/** Longest file, in bytes: far longer than any configuration. */
const MAX_BYTES = 1_048_576;
const ROOT = 0;
const WRITABLE_BY_ALL = 0o002;

/**
 * Reads the file of a project. Refuses, unread: links, other objects than files, more than 1 MiB, and on systems with
 * owners a file of another user. To root the latter is only a warning, because in a container the host's files belong
 * to others. Never blocks and never throws.
 */
export function readProjectFile(path: string): ProjectText {
  if (/[\p{Cc}\p{Cf}]/u.test(path)) return { refused: 'there are invisible characters in its path' };
  let file: number | undefined;
  try {
    const flaw = flawOf(lstatSync(path));
    if (flaw !== undefined) return { refused: flaw };
    // Checked again after opening, because the file may have been replaced meanwhile.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    const refused = flawOf(stats);
    return refused === undefined ? { text: readFileSync(file, 'utf8'), warnings: warningsOf(stats) } : { refused };
  } catch (error) {
    return { refused: `it cannot be read (${causeOf(error)})` };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function flawOf(stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return 'it is a symbolic link, expected the file itself';
  if (!stats.isFile()) return 'it is no regular file';
  if (stats.size > MAX_BYTES) return `it has ${stats.size} bytes, expected ${MAX_BYTES} at most`;
  if (process.geteuid?.() === ROOT || !isForeign(stats)) return undefined;
  return `it belongs to another user (${stats.uid}), expected a file of yours; a copy would be`;
}

function warningsOf(stats: Stats): string[] {
  // Windows has no such mode bits.
  if (process.geteuid === undefined) return [];
  return [
    ...(isForeign(stats) ? [`It belongs to another user (${stats.uid}).`] : []),
    ...(stats.mode & WRITABLE_BY_ALL ? ['Everybody on this machine may write to it.'] : []),
  ];
}

function isForeign({ uid }: Stats): boolean {
  return process.geteuid !== undefined && uid !== process.geteuid() && uid !== ROOT;
}
