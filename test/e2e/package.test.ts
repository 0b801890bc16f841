import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { startGateway } from '../helpers/gateway/gateway.ts';
import { local } from '../helpers/servers/fixture.ts';
import { removeFolder } from '../helpers/system/folders.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');
const META_TOOLS = ['search', 'describe', 'invoke', 'invoke_async', 'job_status'];

/** What `npm pack` makes of this checkout, and a project with nothing but that installed. */
let tarball = '';
let packed: string[] = [];
let project = '';

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-gateway-package-'));
  // The tests' global setup has built; a build by `prepack` would pull dist away from under the other test files.
  const [pack] = JSON.parse(run(ROOT, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder));
  tarball = join(folder, pack.filename);
  packed = pack.files.map((file: { path: string }) => file.path);
  project = join(folder, 'project');
  mkdirSync(project);
  writeProject('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  // Offline: a package that needed another one could not be installed.
  run(project, 'npm', 'install', '--offline', tarball);
  return () => removeFolder(folder);
}, 60_000);

test('the tarball holds the build and what people read, nothing else', () => {
  const chunks = packed.filter((path) => /^dist\/(?:chunks|cli\/(?:commands|terminal)|daemon)\//.test(path));
  const documents = packed.filter((path) => /^docs\/(?:design\/)?[\w-]+\.md$/.test(path));
  expect(documents).toContain('docs/configuration.md');
  expect(packed.filter((path) => !chunks.includes(path) && !documents.includes(path)).sort()).toEqual([
    'AGENTS.template.md',
    'LICENSE',
    'README.md',
    'dist/THIRD-PARTY-LICENSES.txt',
    'dist/config.schema.json',
    'dist/index.js',
    'dist/lib.d.ts',
    'dist/lib.js',
    'package.json',
  ]);
  expect(chunks.every((path) => path.endsWith('.js'))).toBe(true);
});

test('exactly one package is installed [package.self-contained]', () => {
  const installed = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
  expect(installed).toEqual(['mcp-gateway']);
});

test('the installed bin tells its version', () => {
  expect(run(project, 'npx', '--offline', 'mcp-gateway', '--version').trim()).toBe(manifest.version);
});

test('what is bundled keeps its licence text', () => {
  const text = readFileSync(join(project, 'node_modules/mcp-gateway/dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['@modelcontextprotocol/client', 'minisearch', 'p-queue', 'zod'])
    expect(text).toContain(`${name} `);
});

test.each<[string, () => [string, ...string[]]]>([
  ['npx, installed', () => ['npx', '--offline', 'mcp-gateway']],
  ['npx, from an empty cache', () => ['npx', '--offline', '--yes', '--package', tarball, 'mcp-gateway']],
  ['bunx, by Node', () => [join(BIN, 'bunx'), '--no-install', 'mcp-gateway']],
  ['bunx, by Bun', () => [join(BIN, 'bunx'), '--no-install', '--bun', 'mcp-gateway']],
  ['the source, by Bun', () => [join(BIN, 'bun'), join(ROOT, 'index.ts')]],
])('serves the five tools: %s [package.self-contained, package.bun]', async (_way, command) => {
  const inProject = ['env', `--chdir=${project}`, ...command()] as [string, ...string[]];
  const gateway = await startGateway({ command: inProject, config: { fixture: local({ tools: ['echo'] }) } });
  expect((await gateway.client.listTools()).map((tool) => tool.name)).toEqual(META_TOOLS);
  await gateway.knows('fixture::echo');
  expect(await gateway.invoke('fixture::echo', { text: 'hello' })).toMatchObject({ content: [{ type: 'text' }] });
});

test('the library starts and stops from ESM, and leaves nothing that keeps the process alive [package.library]', () => {
  writeProject('gateway.json', JSON.stringify({ fixture: local({ tools: ['echo'] }) }));
  writeProject(
    'embed.js',
    `import { Gateway, GatewayError, loadConfig } from 'mcp-gateway';
     const gateway = new Gateway(await loadConfig('gateway.json'));
     await gateway.start();
     await gateway.stop();
     console.log(new GatewayError('INTERNAL', 'constructed') instanceof Error);`,
  );
  expect(run(project, process.execPath, 'embed.js').trim()).toBe('true');
});

test('the types compile for a strict consumer who has no other types than those of Node [package.library]', () => {
  writeProject(
    'consumer.ts',
    `import { type ConfigProblem, type ErrorCode, Gateway, type GatewayConfig, GatewayError, loadConfig } from 'mcp-gateway';
     export async function embed(path: string): Promise<readonly ConfigProblem[]> {
       const config: GatewayConfig = await loadConfig(path);
       const gateway = new Gateway(config);
       await gateway.start();
       await gateway.reload(config);
       await gateway.stop();
       return config.problems;
     }
     export const codeOf = (error: GatewayError): ErrorCode => error.code;
     // @ts-expect-error: it is a class with a type, not any
     new Gateway(42);
     // @ts-expect-error: the codes are a closed set
     new GatewayError('NO_SUCH_CODE', '');`,
  );
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false'];
  const target = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023', '--noEmit'];
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node'];
  expect(run(project, join(BIN, 'tsc'), ...strict, ...target, ...types, '--ignoreConfig', 'consumer.ts')).toBe('');
});

test('the packages that the project builds on are its direct dependencies, and none is installed with it [package.sdk]', () => {
  const card = ['@modelcontextprotocol/sdk', 'minisearch', 'p-queue', 'zod', 'vitest'];
  expect(Object.keys(manifest.devDependencies)).toEqual(expect.arrayContaining(card));
  expect(manifest).not.toHaveProperty('dependencies');
});

test('editors find the JSON Schema of the configuration in the package', () => {
  const source = `import schema from 'mcp-gateway/config.schema.json' with { type: 'json' };
                  console.log(schema.$schema);`;
  expect(run(project, process.execPath, '--input-type=module', '--eval', source)).toContain('json-schema.org');
});

function writeProject(file: string, text: string): void {
  writeFileSync(join(project, file), text);
}

/** Standard output of a command; throws with everything it wrote when it fails. */
function run(cwd: string, file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}
