import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { join } from 'node:path';

const WINDOWS = process.platform === 'win32';
/** An absolute path, because Windows would search the working directory first. */
const TASKKILL = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'taskkill.exe');

/**
 * Sends a signal to a process group (POSIX) or ends a process tree (Windows). Returns false when nothing is left to
 * signal.
 */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  if (WINDOWS) {
    if (signal === 'SIGKILL') spawn(TASKKILL, ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' });
    return false;
  }
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    // EPERM: a member changed its user; the group still exists.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Starts a program without a shell, as the leader of a process group. On Windows programs are searched in PATH only:
 * the system would search the working directory first, and finds no `.cmd` such as `npx`.
 */
export function spawnProgram(
  file: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess | Promise<ChildProcess> {
  const whole = { ...options, windowsHide: true, detached: !WINDOWS };
  return WINDOWS ? spawnOnWindows(file, args, whole) : spawn(file, args, whole);
}

async function spawnOnWindows(file: string, args: readonly string[], options: SpawnOptions): Promise<ChildProcess> {
  const [{ default: crossSpawn }, { findProgram }] = await Promise.all([
    import('cross-spawn'),
    import('./find-program.ts'),
  ]);
  const { cwd = process.cwd(), env = process.env } = options;
  const found = await findProgram(file, { cwd: String(cwd), env, platform: process.platform });
  if ('missing' in found) throw Object.assign(new Error(`spawn ${file} ENOENT`), { code: 'ENOENT' });
  return crossSpawn(found.path, args, options);
}
