import { homeDirectory } from '../../platform/home-directory.ts';
import type { Logger } from '../../platform/log.ts';
import { openSecrets } from '../client-configs/our-secrets.ts';

/** Warns in the log of files with secrets that other users may read. Unreadable files are reported elsewhere. */
export async function warnOfOpenSecrets(path: string, log: Logger): Promise<void> {
  const { env, platform } = process;
  const home = { home: homeDirectory(env), cwd: process.cwd(), env, platform };
  for (const { path: open, what, who } of await openSecrets(path, home).catch(() => []))
    log.warning(`${open}: ${who} may read it: ${what}; chmod 600 keeps it to you`);
}
