import { spawn } from 'node:child_process';
import { join } from 'node:path';

const WINDOWS = process.platform === 'win32';
/** By its path: Windows would look into the working directory first. */
const TASKKILL = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'taskkill.exe');

/** Sends a signal to a process group (POSIX) or ends a process tree (Windows). False when nothing is left to signal. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  if (WINDOWS) {
    if (signal === 'SIGKILL') spawn(TASKKILL, ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' });
    return false;
  }
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    // EPERM: a member changed its user; the group is still there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
