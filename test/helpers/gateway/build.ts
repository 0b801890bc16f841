import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { BUILT_FIXTURES, BUNDLED } from '../servers/built-fixtures.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));

/** Builds once before the tests: the fixtures, and dist when it is missing or older than what it is made from. */
export async function setup(): Promise<void> {
  await buildFixtures();
  if (modifiedAt('dist/index.js') > newestSource()) return;
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Bundles the fixtures, in about a second. A file appears whole, and only if it changed: tests of another run may load it. */
export async function buildFixtures(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: BUNDLED.map((name) => join(FIXTURES, `${name}.mjs`)),
    outdir: BUILT_FIXTURES,
    outbase: FIXTURES,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    minifyWhitespace: true,
    minifySyntax: true,
    // Bundled CommonJS packages (ws, ajv) still ask for Node's own modules by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
    write: false,
  });
  for (const { path, contents } of outputFiles) {
    if (existsSync(path) && readFileSync(path).equals(contents)) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, contents);
    renameSync(`${path}.${process.pid}`, path);
  }
}

function newestSource(): number {
  return Math.max(...['index.ts', 'package.json', ...sources()].map(modifiedAt));
}

const sources = () => readdirSync('src', { recursive: true, encoding: 'utf8' }).map((file) => join('src', file));

/** Epoch milliseconds; 0 for a file that is not there. */
function modifiedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
