import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepIntroduction, recallIntroduction, stateOf } from '../../../src/cli/remembered-introduction.ts';
import { recordedEnvironment } from '../../../src/config/recorded-environment.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

const TOLD = { instructions: 'Gateway. Servers:\n- a', tools: [{ name: 'search', inputSchema: { type: 'object' } }] };

let home = '';
let argv: readonly string[] = [];
const at = (name: string) => join(home, name);
const config = () => at('config.json');
const records = () =>
  readdirSync(at('cache/mcp-gateway/introductions')).map((name) => at(`cache/mcp-gateway/introductions/${name}`));

beforeEach(async () => {
  home = temporaryDirectory();
  vi.stubEnv('XDG_CACHE_HOME', at('cache'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('TENANT', 'one');
  writeFileSync(config(), '{"a": {"command": ["true"]}}');
  writeFileSync(at('catalog.json'), '{}');
  argv = [config()];
  await keep();
});
afterEach(() => void vi.unstubAllEnvs());

const keep = (told = TOLD) => {
  const basis = { config: config(), variables: ['HOME', 'TENANT', 'UNSET'], absent: [at('project.json')] };
  return keepIntroduction(argv, { ...basis, catalogs: [at('catalog.json'), at('none.json')] }, told);
};

test('what was told is told again, to the same command line alone [memory.introduction]', () => {
  expect(recallIntroduction(argv)).toMatchObject(TOLD);
  expect(recallIntroduction([...argv, '--no-project'])).toBeUndefined();
});

test('a configuration that is written again with the same text is the same [memory.introduction]', () => {
  writeFileSync(config(), readFileSync(config(), 'utf8'));
  expect(recallIntroduction(argv)).toMatchObject(TOLD);
});

test.each<[string, () => void]>([
  ['the configuration', () => writeFileSync(config(), '{"b": {"command": ["true"]}}')],
  ['its absence', () => rmSync(config())],
  ['a variable', () => vi.stubEnv('TENANT', 'two')],
  ['a variable that is not set any more', () => vi.stubEnv('TENANT', undefined)],
  ['a variable that was not set', () => vi.stubEnv('UNSET', '')],
  ['a catalog', () => writeFileSync(at('catalog.json'), '{"more": 1}')],
  ['a catalog that is gone', () => rmSync(at('catalog.json'))],
  ['a catalog that was learnt', () => writeFileSync(at('none.json'), '{}')],
  ['a file that must not be there', () => writeFileSync(at('project.json'), '{}')],
  ['a broken link that must not be there', () => symlinkSync(at('nowhere'), at('project.json'))],
])('it is not told after a change: %s [memory.introduction-edits]', (_, change) => {
  change();
  expect(recallIntroduction(argv)).toBeUndefined();
});

test('it is not told after a change of the instructions, the tools or a list in its file [memory.introduction-edits, memory.broken]', () => {
  const [path = ''] = records();
  const whole = JSON.parse(readFileSync(path, 'utf8'));
  const changes = [{ instructions: 'other' }, { tools: [] }, { absent: [] }, { variables: ['HOME'] }, { catalogs: 1 }];
  for (const change of changes) {
    writeFileSync(path, JSON.stringify({ ...whole, ...change }));
    expect(recallIntroduction(argv)).toBeUndefined();
  }
  writeFileSync(path, JSON.stringify({ ...whole, digest: undefined, absent: [config()] }));
  expect(recallIntroduction(argv)).toBeUndefined();
});

test.each(['', '{', 'null', '[]', '{"digest": 1}'])(
  'a file that holds %j is ignored, and replaced [memory.broken]',
  async (text) => {
    writeFileSync(records()[0] ?? '', text);
    expect(recallIntroduction(argv)).toBeUndefined();
    await keep();
    expect(recallIntroduction(argv)).toMatchObject(TOLD);
  },
);

test('it is for its owner only, and what names secrets is not kept [memory.introduction-secrets]', async () => {
  const [path = ''] = records();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).not.toContain('"one"');
  for (const text of [
    '{"a": {"command": ["{file:/x}"]}}',
    '{"a": {"command": ["{secret:X}"]}}',
    '{"$gateway": {"secrets": {}}}',
  ]) {
    writeFileSync(config(), text);
    await keep({ ...TOLD, instructions: text });
  }
  expect(readFileSync(path, 'utf8')).toContain('Gateway. Servers');
});

test('several gateways that keep at one time leave one whole file [memory.introduction]', async () => {
  rmSync(at('cache'), { recursive: true });
  await Promise.all(Array.from({ length: 8 }, () => keep()));
  expect(records()).toHaveLength(1);
  expect(recallIntroduction(argv)).toMatchObject(TOLD);
});

test('a directory that cannot be written costs nothing [memory.broken]', async () => {
  rmSync(at('cache'), { recursive: true });
  writeFileSync(at('cache'), 'a file');
  await keep();
  expect(recallIntroduction(argv)).toBeUndefined();
  rmSync(at('cache'));
  mkdirSync(at('cache'));
});

test('a catalog where no file can be is a state like any other [memory.broken]', () => {
  const catalogs = [join(config(), 'catalog.json')];
  expect(stateOf({ config: config(), variables: [], absent: [], catalogs })).toContain('ENOTDIR');
});

test('an environment knows what was asked of it, and when all of it was [memory.introduction-edits]', () => {
  const { env, asked } = recordedEnvironment({ B: '1' });
  expect([env.B, env.A, Object.hasOwn(env, 'C'), 'D' in env]).toEqual(['1', undefined, false, false]);
  expect(asked()).toEqual(['A', 'B', 'C', 'D']);
  expect(Object.keys(env)).toEqual(['B']);
  expect(asked()).toBeUndefined();
});
