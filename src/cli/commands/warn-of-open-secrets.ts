import { homeDirectory } from '../../platform/home-directory.ts';
import type { Logger } from '../../platform/log.ts';
import { openSecrets } from '../client-configs/our-secrets.ts';

/**
 * Logs a warning for each file with secrets that other users may read. Ignores unreadable files, which the caller
 * reports elsewhere.
 */
export async function warnOfOpenSecrets(path: string, log: Logger): Promise<void> {
  const { env, platform } = process;
  const home = { home: homeDirectory(env), cwd: process.cwd(), env, platform };
  for (const { path: open, what, who } of await openSecrets(path, home).catch(() => []))
    log.warning(`${open}: ${who} may read it: ${what}; chmod 600 keeps it to you`);
}
