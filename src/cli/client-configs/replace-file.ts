import { constants, copyFile, mkdir, readdir, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { pruneOldest, writeFileAtomic } from '../../platform/atomic-file.ts';
import { realPath } from '../../platform/real-path.ts';
import { readText } from './read-client-file.ts';

/** Mode of a new file: it may later hold secrets. */
const OWNER_ONLY = 0o600;
/** Number of backups kept of one file; `keep` deletes older ones. */
const MAX_BACKUPS = 5;

interface Replacement {
  readonly path: string;
  /** The text as the caller read it; undefined if the file did not exist. */
  readonly before: string | undefined;
  readonly after: string;
  /** True to keep a copy of the old file beside it. */
  readonly backup: boolean;
  /** True if the file holds secrets: afterwards only its owner may read it, regardless of its mode before. */
  readonly secret?: boolean;
}

/**
 * Replaces the whole text of a file atomically, with the mode that the file had; a link stays a link. Resolves with the
 * path of the backup if one was made. Throws `CONFIG_INVALID` if the file has changed since the caller read it, or if
 * it cannot be written.
 */
export async function replaceFile({ path, before, after, backup, secret }: Replacement): Promise<string | undefined> {
  try {
    const target = await realpath(path).catch(() => linkedFrom(path));
    if (before === undefined) await mkdir(dirname(target), { recursive: true });
    if ((await currentText(target)) !== before) throw changedMeanwhile(path);
    const mode = before === undefined || secret ? OWNER_ONLY : (await stat(target)).mode & 0o777;
    if (secret && before !== undefined) await refuseForeign(target, path);
    const kept = backup && before !== undefined ? await keep(target) : undefined;
    await writeFileAtomic(target, after, { mode });
    return kept;
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('CONFIG_INVALID', `${path}: cannot be written (${causeOf(cause)})`, { cause });
  }
}

/** Returns the target of a symbolic link, which need not exist, or the path itself if it is no link. */
async function linkedFrom(path: string): Promise<string> {
  const leadsTo = await readlink(path).catch(() => undefined);
  return leadsTo === undefined ? path : resolve(dirname(path), leadsTo);
}

async function currentText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function changedMeanwhile(path: string): GatewayError {
  return new GatewayError(
    'CONFIG_INVALID',
    `${path}: was changed by somebody else meanwhile, and left alone; try again`,
  );
}

/** Throws if a link leads to another user's file: that user would lose the file, and could read the new text. */
async function refuseForeign(target: string, path: string): Promise<void> {
  const { uid } = await stat(target);
  if (process.getuid === undefined || uid === process.getuid()) return;
  const where = target === path ? path : `${path}, which leads to ${target},`;
  throw new GatewayError('CONFIG_INVALID', `${where} belongs to somebody else: no secrets are written to it`);
}

/**
 * Copies a file to a backup and deletes the oldest backups beyond `MAX_BACKUPS`. The names of backups sort by time. The
 * copy has the mode of the file, so that it is no more readable.
 */
async function keep(path: string): Promise<string> {
  const start = `${basename(path)}.bak-`;
  const kept = `${path}.bak-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  await copyFile(path, kept, constants.COPYFILE_EXCL);
  await pruneOldest(
    dirname(path),
    MAX_BACKUPS,
    (name) => name.startsWith(start) && /^\d/.test(name.slice(start.length)),
  );
  return kept;
}

/** Suffix of the copy of a file from before the first install; newer backups never overwrite it. */
const ORIGIN = '.bak-before-gateway';

/** Content of the copy if the file was empty; an empty copy means that the file did not exist. */
const WAS_EMPTY = '\ufeff';

/** True if the file existed before the first install, according to its copy. */
export function wasThere(origin: string | undefined): origin is string {
  return origin !== undefined && origin !== '';
}

/** Returns the text of a file before the first install, from its copy. */
export function textOf(origin: string): string {
  return origin === WAS_EMPTY ? '' : origin;
}

/**
 * Returns the content of the copy from before the first install, which is empty if the file did not exist; undefined if
 * there is no copy, as before any install.
 */
export async function originOf(path: string): Promise<string | undefined> {
  return readText(await originPath(path));
}

/**
 * Stores a text as the copy from before the first install, with the mode of the file. Resolves with the path of the
 * copy, or undefined if the text is empty.
 */
export async function keepOrigin(path: string, text: string, isThere: boolean): Promise<string | undefined> {
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  );
  const kept = await originPath(path);
  await writeFileAtomic(kept, text === '' && isThere ? WAS_EMPTY : text, { mode });
  return text === '' ? undefined : kept;
}

/** Runs after an undo: deletes the copy if the file has the same text again, else renames it to an ordinary backup. */
export async function releaseOrigin(path: string, after: string | undefined): Promise<void> {
  const kept = await originPath(path);
  const text = await readText(kept);
  if (text === undefined) return;
  if (textOf(text) === '' || text === after) await rm(kept, { force: true });
  else await rename(kept, kept.replace(ORIGIN, `.bak-${new Date().toISOString().replace(/[:.]/g, '-')}`));
}

/** Returns the texts of the backups, the latest first. */
export async function backupsOf(path: string): Promise<string[]> {
  const paths = await backupPaths(path);
  const texts = await Promise.all(paths.reverse().map(readText));
  return texts.filter((text) => text !== undefined);
}

/** Returns the texts of the backups since the first install, the oldest first. */
export async function backupsSince(path: string): Promise<string[]> {
  const first = await stat(await originPath(path)).catch(() => undefined);
  if (!first) return [];
  const paths = await backupPaths(path);
  const dated = await Promise.all(paths.map(async (each) => ({ each, at: (await stat(each)).mtimeMs })));
  const texts = await Promise.all(dated.map(({ each, at }) => (at >= first.mtimeMs ? readText(each) : undefined)));
  return texts.filter((text) => text !== undefined);
}

/** Returns the paths of the backups, the oldest first. */
async function backupPaths(path: string): Promise<string[]> {
  const target = realPath(path);
  const start = `${basename(target)}.bak-`;
  const names = await readdir(dirname(target)).catch(() => []);
  const own = names.filter((name) => name.startsWith(start) && /^\d/.test(name.slice(start.length)));
  return own.sort().map((name) => join(dirname(target), name));
}

async function originPath(path: string): Promise<string> {
  return `${realPath(path)}${ORIGIN}`;
}

/** One run of lines that differs: index of its first line in the base, number of lines replaced, and the new lines. */
interface Change {
  readonly at: number;
  readonly length: number;
  readonly lines: readonly string[];
}

/**
 * Merges two changed versions of a text line by line; returns undefined if both change the same lines. Lines that a
 * person changed elsewhere, comments included, stay as they are.
 */
export function mergeTexts(base: string, one: string, other: string): string | undefined {
  const lines = linesOf(base);
  const changes = [one, other].flatMap((text) => changesTo(lines, linesOf(text)));
  const merged: string[] = [];
  let end = 0;
  let last = -1;
  for (const { at, length, lines: instead } of changes.sort((a, b) => a.at - b.at)) {
    if (at < end || at === last) return undefined;
    merged.push(...lines.slice(end, at), ...instead);
    end = at + length;
    last = at;
  }
  return [...merged, ...lines.slice(end)].join('');
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

/**
 * Returns the changes between two texts. Lines that occur once in each text align them; the lines between are compared
 * in the same way.
 */
function changesTo(base: readonly string[], changed: readonly string[], at = 0): Change[] {
  const least = Math.min(base.length, changed.length);
  let head = 0;
  while (head < least && base[head] === changed[head]) head++;
  let tail = 0;
  while (tail < least - head && base.at(-1 - tail) === changed.at(-1 - tail)) tail++;
  const from = base.slice(head, base.length - tail);
  const to = changed.slice(head, changed.length - tail);
  if (from.length === 0 && to.length === 0) return [];
  const anchors = commonLines(from, to);
  if (anchors.length === 0) return [{ at: at + head, length: from.length, lines: to }];
  const ends = [...anchors, { base: from.length, changed: to.length }];
  return ends.flatMap((next, index) => {
    const before = anchors[index - 1] ?? { base: -1, changed: -1 };
    const part = from.slice(before.base + 1, next.base);
    return changesTo(part, to.slice(before.changed + 1, next.changed), at + head + before.base + 1);
  });
}

/** Returns the indices of lines that occur once in each text and in the same order in both. */
function commonLines(base: readonly string[], changed: readonly string[]) {
  const [there, here] = [placesOf(base), placesOf(changed)];
  const anchors: { readonly base: number; readonly changed: number }[] = [];
  for (const [line, place] of there) {
    const found = here.get(line);
    if (place === undefined || found === undefined || found <= (anchors.at(-1)?.changed ?? -1)) continue;
    anchors.push({ base: place, changed: found });
  }
  return anchors;
}

/** Returns the index of each line; undefined for a line that occurs more than once. */
function placesOf(lines: readonly string[]): Map<string, number | undefined> {
  const places = new Map<string, number | undefined>();
  for (const [index, line] of lines.entries()) places.set(line, places.has(line) ? undefined : index);
  return places;
}
