import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The home directory of the user: `HOME` where that is absolute, else what the system has. An empty or relative one would
 * be the directory of whoever starts us, and a project could be taken for the user.
 */
export function homeDirectory(env: Environment = process.env): string {
  const said = env.HOME ?? '';
  if (isAbsolute(said)) return said;
  const known = process.platform === 'win32' ? homedir() : ofTheSystem();
  return isAbsolute(known) ? known : '/';
}

function ofTheSystem(): string {
  try {
    return userInfo().homedir;
  } catch {
    // A user that the system does not know, as in some containers.
    return '/';
  }
}
