import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Which versions, and the digests of what npm fetches for Linux. */
const PINNED = fileURLToPath(new URL('pinned', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/hosts', import.meta.url));
const ATTEMPTS = 3;
/** The programs are optional packages that scripts of theirs put into place; users' settings may leave both out. */
const WHOLE = ['--include=optional', '--ignore-scripts=false'];

/** Installs the pinned hosts from npm, once for each set of versions; resolves with the folder of their commands. */
export async function installHosts(): Promise<string> {
  const lock = await readFile(join(PINNED, 'package-lock.json'));
  const name = createHash('sha256').update(lock).digest('hex').slice(0, 16);
  const folder = join(CACHE, name);
  if (!existsSync(folder)) {
    await mkdir(CACHE, { recursive: true });
    await replaceCache(name);
  }
  return join(folder, 'node_modules/.bin');
}

/** The version of a pinned package. */
export async function pinnedVersion(name: string): Promise<string> {
  const { dependencies } = JSON.parse(await readFile(join(PINNED, 'package.json'), 'utf8'));
  return dependencies[name];
}

/** What is under the name is complete: it is renamed to it, and of two that install at once one wins. */
async function replaceCache(name: string): Promise<void> {
  const draft = await mkdtemp(join(CACHE, 'draft-'));
  try {
    await cp(PINNED, draft, { recursive: true });
    await install(draft, ATTEMPTS);
    const older = (await readdir(CACHE)).filter((each) => !each.startsWith('draft-') && each !== name);
    await Promise.all(older.map((each) => rm(join(CACHE, each), { recursive: true, force: true })));
    await rename(draft, join(CACHE, name)).catch((error) => {
      if (!existsSync(join(CACHE, name))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Not `npm ci`: it wants the packages of all platforms in the lock, and registries that mirror have some only. */
async function install(cwd: string, attempts: number): Promise<void> {
  try {
    await run('npm', ['install', ...WHOLE, '--no-audit', '--no-fund', '--fetch-retries=5'], { cwd });
  } catch (error) {
    if (attempts === 1) throw error;
    await install(cwd, attempts - 1);
  }
}
