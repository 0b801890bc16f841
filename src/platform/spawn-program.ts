import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

const WINDOWS = process.platform === 'win32';

/**
 * Starts a program without a shell, as the leader of a process group. On Windows programs are looked for in PATH alone: the
 * system would look into the working directory first, and finds no `.cmd` such as `npx`.
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
