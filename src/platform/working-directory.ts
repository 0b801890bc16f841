import { existsSync } from 'node:fs';
import { homeDirectory } from './home-directory.ts';

/**
 * Where a program of the user runs: where its entry says (`.` is the directory in which we were started), else in the
 * folder of the configuration that names it, else at home. Never just where somebody happens to have started us: that may
 * be a project with files that programs read and run.
 */
export function workingDirectory({ cwd, folder }: { readonly cwd?: string; readonly folder?: string } = {}): string {
  if (cwd !== undefined) return cwd;
  return [folder, homeDirectory()].find((each) => each !== undefined && existsSync(each)) ?? '/';
}

/** The entry's way to say that it wants to run where its client has started us. */
export function isWhereStarted(cwd: string | undefined): boolean {
  return cwd !== undefined && /^\.[\\/]?$/.test(cwd);
}
