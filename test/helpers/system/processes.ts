import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Polls until `condition` gives something truthy, and returns that; throws naming `what` after `timeoutMs`. */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 30_000, what = String(condition) }: { timeoutMs?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${what}`);
    await delay(20);
  }
}

/** Whether a process runs. A zombie, which waits only for its parent to notice, does not. Needs Linux's /proc. */
export function alive(pid: number): boolean {
  const fields = statFields(pid);
  return fields !== undefined && fields[0] !== 'Z';
}

/** Pids of all children, their children and so on. */
export function descendants(pid: number): number[] {
  const children = pids().filter((candidate) => Number(statFields(candidate)?.[1]) === pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Pids of running processes whose environment has this variable: orphans are found too, as they inherit it. */
export function processesWith(variable: string, value: string): number[] {
  return pids().filter(
    (pid) => read(`/proc/${pid}/environ`)?.split('\0').includes(`${variable}=${value}`) && alive(pid),
  );
}

/** Waits until none of the processes runs; throws naming those that do after `timeoutMs`. */
export async function expectDead(processIds: readonly number[], timeoutMs = 5_000): Promise<void> {
  await waitUntil(() => !processIds.some(alive), { timeoutMs, what: `pids ${processIds.join(', ')} are gone` });
}

const pids = () => readdirSync('/proc').map(Number).filter(Number.isInteger);

/** State letter, parent pid and so on of /proc/<pid>/stat; undefined for no such process. */
function statFields(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The second field, the command, may hold spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** The command line of a process; empty when there is none. */
export function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}
