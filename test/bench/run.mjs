// @ts-check
// Runs a TypeScript file of this folder, named by its path without `.ts`: bundles it first, since Node 20 reads no TypeScript.
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [script = 'search', ...args] = process.argv.slice(2);
const outfile = join(tmpdir(), `bench-${basename(script)}-${process.pid}.mjs`);
process.argv.splice(2, process.argv.length, ...args);
// A signal ends some of the scripts by `exit`, which runs no `finally`.
process.on('exit', () => rmSync(outfile, { force: true }));
try {
  await build({
    entryPoints: [fileURLToPath(new URL(`${script}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const { run } = await import(pathToFileURL(outfile).href);
  process.exitCode = await run(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
