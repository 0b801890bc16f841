import { open, stat, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Age in ms at which a lock counts as left behind by a process that died: longer than any work done under one. */
const STALE_MS = 60_000;
const POLL_MS = 50;

/** Runs `work` while no other process, and nothing else in this one, holds the lock file. Its folder must exist. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  while (!(await taken(path))) {
    if (await isStale(path)) await release(path);
    else await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await release(path);
  }
}

async function taken(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  const since = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  return Date.now() - since > STALE_MS;
}

async function release(path: string): Promise<void> {
  await unlink(path).catch(() => {});
}
