import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { init } from '../../../src/cli/commands/init.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { settingsSchema } from '../../../src/config/settings.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

async function run(args: readonly string[] = [], cwd = temporaryDirectory()) {
  const output: string[] = [];
  const errors: string[] = [];
  const code = await init(args, {
    cwd,
    write: (text) => output.push(text),
    writeError: (text) => errors.push(text),
  });
  return { code, output: output.join(''), errors: errors.join(''), cwd, files: () => readdirSync(cwd) };
}

function keyIn(output: string): string {
  return output.match(/^ {2}(mcpgw_[\w-]{43})$/m)?.[1] ?? expect.fail(output);
}

test('writes a file that loads without problems, and shows its key once [http.init]', async () => {
  const { code, output, errors, cwd, files } = await run();
  expect({ code, errors, files: files() }).toEqual({ code: 0, errors: '', files: ['mcp-gateway.yml'] });
  const path = join(cwd, 'mcp-gateway.yml');
  const key = keyIn(output);
  expect(output).toContain('  mcp-gateway start\n');
  expect(output).toContain(`curl -H 'Authorization: Bearer ${key}' http://127.0.0.1:4000/`);
  expect(readFileSync(path, 'utf8')).not.toContain(key);

  const { problems, servers, misconfigured, settings } = await loadConfig(path, {});
  expect({ problems, misconfigured }).toEqual({ problems: [], misconfigured: [] });
  expect(servers).toMatchObject([
    { key: 'everything', command: ['npx', '-y', '@modelcontextprotocol/server-everything'] },
  ]);
  const hash = `sha256:${createHash('sha256').update(key).digest('hex')}`;
  expect(settings.auth).toMatchObject({ strategy: 'api-key', apiKeys: [{ id: 'me', hash }] });
});

test('what it writes are the defaults [http.init]', async () => {
  const { cwd } = await run();
  const { settings } = await loadConfig(join(cwd, 'mcp-gateway.yml'), {});
  const { auth: _, ...rest } = settings;
  expect(rest).toEqual(settingsSchema.parse({ rateLimit: {} }));
});

test('what it offers in comments is right as well, and says the defaults [http.init]', async () => {
  const { cwd } = await run();
  const path = join(cwd, 'mcp-gateway.yml');
  const text = readFileSync(path, 'utf8');
  const all = text.replace(/^#(?! )|^#(?= {2})/gm, '');
  expect(all.split('\n').filter((line, index) => line !== text.split('\n')[index]).length).toBeGreaterThan(20);
  writeFileSync(path, all);
  const env = { BUILD_SERVER_KEY: 'k', GITHUB_TOKEN: 't', HOME: '/home/someone' };
  const { problems, servers, disabled, settings } = await loadConfig(path, env);
  expect(problems).toEqual([]);
  expect([servers.map(({ key }) => key), disabled]).toEqual([['everything', 'memory'], ['github']]);
  const { publicUrl, allowedHosts, ...http } = settings.http;
  expect(publicUrl).toContain(String(allowedHosts));
  expect({ ...http, allowedHosts: [] }).toEqual(settingsSchema.parse({}).http);
});

test('every key is another [http.init]', async () => {
  const keys = await Promise.all([1, 2, 3].map(async () => keyIn((await run()).output)));
  expect(new Set(keys).size).toBe(3);
});

test('writes where it is told, and says how to start with it [http.init]', async () => {
  const { code, output, cwd } = await run(['deep/my servers.yaml']);
  expect(code).toBe(0);
  expect(output).toContain('mcp-gateway start -c "deep/my servers.yaml"');
  expect(readFileSync(join(cwd, 'deep', 'my servers.yaml'), 'utf8')).toContain('servers:');
});

test('never touches a file that exists [http.init-never-over]', async () => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, 'mcp-gateway.yml'), 'mine');
  symlinkSync(join(cwd, 'nowhere.yml'), join(cwd, 'link.yml'));
  for (const args of [[], ['mcp-gateway.yml'], ['link.yml']]) {
    const { code, output, errors } = await run(args, cwd);
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toMatch(/^mcp-gateway init: (mcp-gateway|link)\.yml: exists and was left as it is; /);
  }
  expect(readFileSync(join(cwd, 'mcp-gateway.yml'), 'utf8')).toBe('mine');
  expect(readdirSync(cwd).sort()).toEqual(['link.yml', 'mcp-gateway.yml']);
});

test('of several at one time one writes [http.init-never-over]', async () => {
  const cwd = temporaryDirectory();
  const runs = await Promise.all([1, 2, 3, 4].map(() => run([], cwd)));
  expect(runs.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1]);
  const written = runs.find(({ code }) => code === 0)?.output ?? '';
  const hash = createHash('sha256').update(keyIn(written)).digest('hex');
  expect(readFileSync(join(cwd, 'mcp-gateway.yml'), 'utf8')).toContain(hash);
});

test.skipIf(process.platform === 'win32')('is for its owner alone [http.init-never-over]', async () => {
  const { cwd } = await run();
  expect(statSync(join(cwd, 'mcp-gateway.yml')).mode & 0o777).toBe(0o600);
});

test('a file that cannot be written is told with the cause [http.init]', async () => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, 'file'), '');
  const { code, output, errors } = await run(['file/x.yml'], cwd);
  expect({ code, output }).toEqual({ code: 1, output: '' });
  expect(errors).toMatch(/^mcp-gateway init: file\/x\.yml: cannot be written \(E\w+/);
});

test.each([
  [['a.yml', 'b.yml'], 'found 2 arguments, expected one file'],
  [['config.json'], 'found "config.json", expected a file that ends in .yml or .yaml'],
  [['--force'], 'unknown option "--force", expected a file'],
])('misused: %j [http.init]', async (args, message) => {
  const { code, errors, files } = await run(args);
  expect({ code, errors, files: files() }).toEqual({ code: 2, errors: `mcp-gateway init: ${message}\n`, files: [] });
});
