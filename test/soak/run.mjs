// @ts-check
// Runs the soak: bundles its TypeScript first, since Node 20 reads none.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

// Where imports of packages are still found, and nothing is left that a commit could pick up.
const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
const outfile = join(cache, `soak-${process.pid}.mjs`);
mkdirSync(cache, { recursive: true });
try {
  await build({
    entryPoints: [fileURLToPath(new URL('soak.ts', import.meta.url))],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Fixtures and the bin are found relative to the helpers' files, all of which are one folder below `test/helpers`.
    define: { 'import.meta.url': JSON.stringify(new URL('../helpers/gateway/build.ts', import.meta.url).href) },
    logLevel: 'warning',
  });
  const { run } = await import(pathToFileURL(outfile).href);
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
} finally {
  rmSync(outfile, { force: true });
}
