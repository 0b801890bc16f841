import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Age in ms at which a lock counts as left behind by a process that was killed: work under it takes a millisecond or two. */
const STALE_MS = 2_000;
/** Longest wait for it, in ms. */
const MAX_WAIT_MS = 3_500;
const POLL_MS = 15;

/**
 * Runs work of a few milliseconds while no other process holds the lock file. Its folder must exist. Rejects when it is not
 * to be had in 3.5 s: less than an orderly end of the gateway may take.
 */
export async function withBriefLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + MAX_WAIT_MS;
  while (!(await taken(path))) {
    if (Date.now() > deadline) throw new Error(`${path} is held by another process`);
    if (await isStale(path)) await takeAway(path);
    // Not all at the same time.
    else await sleep(POLL_MS * (0.5 + Math.random()));
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
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
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs > STALE_MS;
}

/** By a rename, so that of several that find it stale one alone gets it. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).then(
    () => rm(aside, { force: true }),
    () => {},
  );
}
