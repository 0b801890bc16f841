import { spawn } from 'node:child_process';
import { usersEnvironment } from '../../platform/users-environment.ts';
import { workingDirectory } from '../../platform/working-directory.ts';
import type { Terminal } from './terminal.ts';

/** Opens an address in the person's browser, without waiting for it. False where there seems to be none. */
export async function openBrowser(url: string, { env: whole, platform }: Terminal): Promise<boolean> {
  const env = { ...usersEnvironment(whole) };
  const command = browserCommand(env, platform);
  if (!command) return false;
  const [program, ...args] = command;
  return new Promise((resolve) => {
    const place = { env, cwd: workingDirectory() };
    const child = spawn(program, [...args, url], { ...place, stdio: 'ignore', detached: true });
    child.on('error', () => resolve(false));
    child.on('spawn', () => resolve(true));
    child.unref();
  });
}

/** `BROWSER` counts first, as for other programs; without a display there is nothing to open it on. */
function browserCommand(env: Terminal['env'], platform: NodeJS.Platform): [string, ...string[]] | undefined {
  if (env.BROWSER) return [env.BROWSER];
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32')
    return [`${env.SystemRoot ?? 'C:\\Windows'}\\System32\\rundll32.exe`, 'url.dll,FileProtocolHandler'];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}
