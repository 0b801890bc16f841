import { join } from 'node:path';
import type { ClientHome } from './client.ts';

/** Where desktop programs keep their files, by operating system. */
export function applicationData({ home, env, platform }: ClientHome): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env.APPDATA || join(home, 'AppData', 'Roaming');
  return env.XDG_CONFIG_HOME || join(home, '.config');
}
