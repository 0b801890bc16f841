import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Credentials } from './credentials.ts';

/** Every file of credentials in the directory, also of servers that are configured no more. */
export async function keptLogins(directory: string): Promise<Credentials[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => /^oauth-[0-9a-f]{32}\.json$/.test(name))
    .sort()
    .map((name) => new Credentials(join(directory, name)));
}
