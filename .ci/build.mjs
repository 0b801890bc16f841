// @ts-check
// `npm run build`: bundles the bin and the library with everything they import, so that the package has no dependencies.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
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
 * Commands, the daemon and what attaches to it are built apart. In one build they would share modules with what every
 * start loads, which would fall apart into many small files (30 more, 8 ms and 5 MB).
 * @type {import('esbuild').Plugin}
 */
const apart = {
  name: 'apart',
  setup(context) {
    context.onResolve({ filter: /\.ts$/ }, ({ kind, path, resolveDir, importer }) => {
      if (kind !== 'dynamic-import') return undefined;
      const target = relative('src', join(resolveDir, path)).replace(/\.ts$/, '');
      if (!/^(?:cli\/(?:commands|terminal)|daemon)\//.test(target)) return undefined;
      // All but index.js is a chunk, one folder below.
      return { path: `${importer.endsWith('/index.ts') ? '.' : '..'}/${target}.js`, external: true };
    });
  },
};

/** What is there before everything else. */
const BEFORE_ALL = 'src/cli/greet-early.ts';

/**
 * What is imported on demand shares modules with what was loaded before it. esbuild makes a file of each set of modules
 * that the same entries reach: a start would read some fifty. So each part that is imported on demand also imports the one
 * that is there by then, whose modules thereby stay together in one file.
 * @param {string} first The module that is there before the gateway.
 * @returns {import('esbuild').Plugin}
 */
function together(first) {
  const onDemand = new Set(sources().flatMap(importedOnDemand));
  return {
    name: 'together',
    setup(context) {
      context.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
        if (!onDemand.has(path) || path === resolve(first) || path === resolve(BEFORE_ALL)) return undefined;
        const isEarly = /^(?:gateway[\\/]gateway\.ts|(?:config|core|platform)[\\/])/.test(relative('src', path));
        const before = JSON.stringify(resolve(isEarly ? first : 'src/gateway/gateway.ts'));
        const contents = `import ${before};\n${readFileSync(path, 'utf8')}`;
        return { contents, loader: 'ts', resolveDir: dirname(path) };
      });
    },
  };
}

function sources() {
  return readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
}

/** @param {string} path Of a file in src. */
function importedOnDemand(path) {
  const imports = readFileSync(join('src', path), 'utf8').matchAll(/\bimport\('(\.[^']+)'\)/g);
  return [...imports].map(([, target = '']) => resolve('src', dirname(path), target));
}

/**
 * Of package.json only the version is used.
 * @type {import('esbuild').Plugin}
 */
const versionAlone = {
  name: 'version-alone',
  setup(context) {
    context.onLoad({ filter: /[\\/]package\.json$/ }, ({ path }) => {
      if (path !== resolve('package.json')) return undefined;
      const { version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
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
  // Names stay, so that the stack in a user's report can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  // What a package tells the console is not for those who read ours: we use none.
  drop: ['console'],
  metafile: true,
  logLevel: 'warning',
};

/**
 * What is imported on demand stays a chunk of its own: a start pays only for what every start needs.
 * @param {string} folder Of the chunks.
 * @returns {import('esbuild').BuildOptions}
 */
function splitting(folder) {
  return {
    ...options,
    splitting: true,
    chunkNames: `${folder}/[name]-[hash]`,
    plugins: [withoutValidator, versionAlone],
  };
}

/** CommonJS packages of which an import on demand takes the default alone. */
const ONLY_DEFAULT = ['cross-spawn'];

const commands = ['src/cli/commands', 'src/cli/terminal'].flatMap((folder) =>
  readdirSync(folder).flatMap((name) => (name.endsWith('.ts') ? `${folder}/${name}` : [])),
);
const builds = [
  await build({
    ...splitting('chunks'),
    entryPoints: { index: 'index.ts', lib: 'src/lib.ts' },
    plugins: [withoutValidator, versionAlone, apart, together('src/cli/main.ts')],
  }),
  await build({ ...options, plugins: [versionAlone], entryPoints: { 'daemon/attach': 'src/daemon/attach.ts' } }),
  await build({
    ...splitting('daemon/chunks'),
    entryPoints: { 'daemon/daemon': 'src/daemon/daemon.ts' },
    plugins: [withoutValidator, versionAlone, together('src/daemon/daemon.ts')],
  }),
  await build({
    ...splitting('cli/commands/chunks'),
    entryPoints: commands,
    outbase: 'src',
  }),
];

for (const { metafile } of builds) assertNamed(metafile?.inputs ?? {});
for (const path of builds.flatMap(({ metafile }) => Object.keys(metafile?.outputs ?? {}))) giveRequire(path);

const inputs = new Set(builds.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {})));
writeFileSync(`${OUT}/THIRD-PARTY-LICENSES.txt`, licences([...inputs]));
writeFileSync(`${OUT}/lib.d.ts`, declarations('src/lib.ts', OUT));
writeFileSync(`${OUT}/config.schema.json`, execFileSync(process.execPath, [`${OUT}/index.js`, 'schema']));

rmSync('dist', { recursive: true, force: true });
renameSync(OUT, 'dist');

/**
 * A CommonJS module that is imported on demand has nothing but its default in the bundle, though it has its names in Node
 * and so in tests: what wants a name imports it statically, in a module of ours that is loaded on demand itself.
 * @param {import('esbuild').Metafile['inputs']} inputs
 */
function assertNamed(inputs) {
  for (const [path, { imports }] of Object.entries(inputs))
    for (const { kind, path: target, original } of imports)
      if (kind === 'dynamic-import' && inputs[target]?.format === 'cjs' && !ONLY_DEFAULT.includes(original ?? ''))
        throw new Error(`${path} imports ${target} on demand, which is CommonJS: in the bundle it has no names`);
}

/**
 * Bundled CommonJS packages (cross-spawn, ws) still ask for Node's own modules by `require`: through a helper of esbuild,
 * which is in one file of each build.
 * @param {string} path
 */
function giveRequire(path) {
  const text = readFileSync(path, 'utf8');
  if (!/\btypeof require\b/.test(text)) return;
  const given = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);\n";
  writeFileSync(path, given + text);
}

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
