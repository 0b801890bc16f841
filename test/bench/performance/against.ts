import { existsSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd, removeNow } from './at-end.ts';
import { type Build, buildIn } from './builds.ts';
import { run } from './command.ts';
import { ROOT } from './paths.ts';

const LOCK = 'package-lock.json';

/** What this checkout is: its commit, and whether there are changes that no commit has. */
export async function stateOf(root = ROOT): Promise<string> {
  const commit = (await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: root })).trim();
  const isDirty = (await run('git', ['status', '--porcelain'], { cwd: root })) !== '';
  return isDirty ? `${commit} with uncommitted changes` : commit;
}

/**
 * Builds the state of a git ref in a temporary folder, which goes with this process; `say` is told each step. The checkout
 * and its repository stay as they are. Rejects when there is no such commit, or it does not install or build.
 */
export async function buildOf(ref: string, say: (step: string) => void, root = ROOT): Promise<Build> {
  const find = ['rev-parse', '--verify', '--quiet', '--short', '--end-of-options', `${ref}^{commit}`];
  const commit = await run('git', find, { cwd: root }).catch(() => {
    throw new Error(`--against: ${ref} is no commit of this repository`);
  });
  const name = commit.trim() === ref ? ref : `${ref} (${commit.trim()})`;
  const folder = mkdtempSync(join(tmpdir(), 'against-'));
  atEnd(() => removeNow(folder));
  const step = async (what: string, work: () => Promise<unknown>) => {
    say(what);
    await work().catch(({ message }: Error) => {
      throw new Error(`--against: ${what} of ${name} failed:\n${message}`);
    });
  };
  await step('the checkout', () => checkOut(commit.trim(), root, folder));
  await step('the installation', () => install(root, folder));
  await step('the build', () => run('npm', ['run', '--silent', 'build'], { cwd: folder }));
  return buildIn(folder, name);
}

/** Writes the files of a commit into a folder, by an index of its own: a worktree would have to be taken out of the repository again. */
async function checkOut(commit: string, root: string, folder: string): Promise<void> {
  const env = { ...process.env, GIT_INDEX_FILE: join(folder, '.git-index') };
  await run('git', ['read-tree', commit], { cwd: root, env });
  await run('git', ['checkout-index', '--all', `--prefix=${folder}/`], { cwd: root, env });
}

/** The installed packages of this checkout do where its lockfile is the same. */
async function install(root: string, folder: string): Promise<void> {
  const lock = (of: string) => (existsSync(join(of, LOCK)) ? readFileSync(join(of, LOCK), 'utf8') : undefined);
  const modules = join(root, 'node_modules');
  if (lock(folder) === lock(root) && existsSync(modules))
    symlinkSync(modules, join(folder, 'node_modules'), 'junction');
  else await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
}
