import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The home directory: `HOME` if it is absolute, else as the system knows it. An empty or relative `HOME` would be the
 * directory in which we were started, with a configuration that came with a project.
 */
export function homeDirectory(env: Environment = process.env): string {
  for (const home of [() => env.HOME, homedir, () => userInfo().homedir]) {
    const directory = absolute(home);
    if (directory !== undefined) return directory;
  }
  return '/';
}

/** `~` and `~/x` with the home directory in place of the tilde; any other path unchanged. */
export function expandHome(path: string, home: string): string {
  return path.replace(/^~(?=$|[\\/])/, () => home);
}

/** `os` throws for an account that the system does not know. */
function absolute(home: () => string | undefined): string | undefined {
  try {
    const directory = home();
    return directory !== undefined && isAbsolute(directory) ? directory : undefined;
  } catch {
    return undefined;
  }
}
