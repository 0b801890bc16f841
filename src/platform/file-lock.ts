import { randomUUID } from 'node:crypto';
import { link, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bounds on the time for which a lock is held and waited for. */
export interface LockTimes {
  /** Age in ms at which a lock counts as left behind, even if its holder lives. Longer than the work done under it. */
  readonly staleMs: number;
  /** Longest wait for the lock, in ms. */
  readonly maxWaitMs: number;
  readonly pollMs: number;
}

/** For work whose duration the other side decides. */
const PATIENT: LockTimes = { staleMs: 120_000, maxWaitMs: Number.POSITIVE_INFINITY, pollMs: 50 };

/**
 * Runs `work` while no other process, and no other call in this one, holds the lock file. Its folder must exist. The
 * lock of a dead process is taken over at once. Rejects when the lock is not free within `maxWaitMs`.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>, times = PATIENT): Promise<T> {
  const own = JSON.stringify({ id: randomUUID(), pid: process.pid, host: hostname() });
  const deadline = Date.now() + times.maxWaitMs;
  while (!(await isTaken(path, own))) {
    if (Date.now() > deadline) throw new Error(`${path} is held by another process`);
    const holder = await readFile(path, 'utf8').catch(() => undefined);
    if (holder !== undefined && (await isLeftBehind(path, holder, times.staleMs))) await remove(path, holder);
    // Random, so that waiting processes do not all try at the same time.
    else await sleep(times.pollMs * (0.5 + Math.random()));
  }
  try {
    return await work();
  } finally {
    await remove(path, own);
  }
}

async function isTaken(path: string, own: string): Promise<boolean> {
  try {
    await writeFile(path, own, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isLeftBehind(path: string, holder: string, staleMs: number): Promise<boolean> {
  const { pid, host } = parsed(holder);
  if (host === hostname() && pid !== undefined && !isAlive(pid)) return true;
  const since = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  return Date.now() - since > staleMs;
}

function parsed(holder: string): { pid?: number; host?: string } {
  try {
    return JSON.parse(holder) ?? {};
  } catch {
    return {};
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes the lock of `holder`. A lock that another process has taken meanwhile is put back. */
async function remove(path: string, holder: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) !== holder) await link(aside, path);
  } catch {
    // Another process has removed it.
  } finally {
    await unlink(aside).catch(() => {});
  }
}
