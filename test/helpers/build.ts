import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Builds once before the tests when dist is missing or older than what it is made from. */
export function setup(): void {
  if (modifiedAt('dist/index.js') > newestSource()) return;
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
}

function newestSource(): number {
  return Math.max(...['index.ts', 'package.json', ...sources()].map(modifiedAt));
}

const sources = () => readdirSync('src', { recursive: true, encoding: 'utf8' }).map((file) => join('src', file));

/** Epoch milliseconds; 0 for a file that is not there. */
function modifiedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
