// @ts-check
// `npm run build`: bundles the bin and the library with everything they import, so that the package has no dependencies.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { declarations } from './declarations.mjs';

// Built beside and swapped in whole, so that whoever runs the old build meanwhile finds its chunks or the new ones.
const OUT = 'dist.new';
rmSync(OUT, { recursive: true, force: true });

/**
 * The SDK imports ajv, twice, to check results against output schemas. We pass results on unread, so it would only cost
 * every start 430 KB of code to compile.
 * @type {import('esbuild').Plugin}
 */
const withoutValidator = {
  name: 'without-validator',
  setup(context) {
    context.onResolve({ filter: /^@modelcontextprotocol\/(client|server)\/_shims$/ }, ({ path }) => ({
      path,
      namespace: 'without-validator',
    }));
    context.onLoad({ filter: /./, namespace: 'without-validator' }, () => ({
      contents: `
        import process from 'node:process';
        const accept = (data) => ({ valid: true, data, errorMessage: undefined });
        class DefaultJsonSchemaValidator { getValidator() { return accept; } }
        const CORS_IS_POSSIBLE = false;
        export { process, CORS_IS_POSSIBLE, DefaultJsonSchemaValidator };`,
      resolveDir: process.cwd(),
    }));
  },
};

/**
 * What a session with `--shared` loads is one file. As chunks it would share modules with the command line, and both would
 * fall apart into small files (9 more for each start, 2 ms).
 * @type {import('esbuild').Plugin}
 */
const attachmentApart = {
  name: 'attachment-apart',
  setup(context) {
    context.onResolve({ filter: /\/daemon\/attach\.ts$/ }, ({ importer }) => ({
      path: importer.endsWith('/index.ts') ? './attach.js' : '../attach.js',
      external: true,
    }));
  },
};

/** @type {import('esbuild').BuildOptions} */
const options = {
  outdir: OUT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // jsonc-parser's `main` is UMD, whose inner requires no bundler can follow; its `module` is plain ESM.
  mainFields: ['module', 'main'],
  // yaml's entry for Node is CommonJS, whose names a dynamic import does not see; its other build is plain ESM.
  alias: { yaml: './node_modules/yaml/browser/index.js' },
  // Bundled CommonJS packages (cross-spawn, ws, yaml) still ask for Node's own modules by `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  // Names stay, so that the stack in a user's report can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
};

const { metafile } = await build({
  ...options,
  entryPoints: { index: 'index.ts', lib: 'src/lib.ts' },
  chunkNames: 'chunks/[name]-[hash]',
  // What is imported on demand stays a chunk of its own: a start pays only for what every start needs.
  splitting: true,
  plugins: [withoutValidator, attachmentApart],
  metafile: true,
});
await build({ ...options, entryPoints: { attach: 'src/daemon/attach.ts' } });

writeFileSync(`${OUT}/THIRD-PARTY-LICENSES.txt`, licences(Object.keys(metafile.inputs)));
writeFileSync(`${OUT}/lib.d.ts`, declarations('src/lib.ts', OUT));
writeFileSync(`${OUT}/config.schema.json`, execFileSync(process.execPath, [`${OUT}/index.js`, 'schema']));

rmSync('dist', { recursive: true, force: true });
renameSync(OUT, 'dist');

/** @param {string[]} inputs Paths of the bundled modules. */
function licences(inputs) {
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  return [...new Set(folders)].sort().map(licenceOf).join('\n\n');
}

/** @param {string} folder */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name} ${version} (${license})\n\n${file ? readFileSync(`${folder}/${file}`, 'utf8').trim() : ''}\n`;
}
