import { spawn } from 'node:child_process';

const WINDOWS = process.platform === 'win32';

/** Sends a signal to a process group (POSIX) or ends a process tree (Windows). False when nothing is left to signal. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  if (WINDOWS) {
    if (signal === 'SIGKILL') spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' });
    return false;
  }
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    // EPERM: a member changed its user; the group is still there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
