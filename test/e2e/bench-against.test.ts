import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { buildOf, stateOf } from '../bench/performance/against.ts';
import { temporaryDirectory } from '../helpers/servers/fixture.ts';
import { onLines } from '../helpers/system/lines.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const RUNNER = 'test/bench/run.mjs performance/bench'.split(' ');
/** A source archive has no history to compare with. */
const hasHistory = existsSync(join(ROOT, '.git'));

test.runIf(hasHistory)(
  'it builds the ref beside this state, prints both, and leaves nothing [speed.against]',
  () => {
    const folder = temporaryDirectory();
    const before = git(ROOT, 'status', '--porcelain');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...RUNNER, '--only', 'latency-stdio', '--rounds', '2', '--against', 'HEAD'],
      { cwd: ROOT, encoding: 'utf8', env: { ...process.env, TMPDIR: folder } },
    );
    const steps = 'the checkout\nthe installation\nthe build\nlatency-stdio 1/2\nlatency-stdio 2/2\n';
    expect({ status, stderr }).toEqual({ status: 0, stderr: steps });
    expect(stdout).toMatch(/^This is [0-9a-f]{7,}.*, that is HEAD \([0-9a-f]{7,}\)\./m);
    expect(stdout).toMatch(/^\| added p50 .* ms +\| .* ms +\| .+× +\| .+–.+ \(50 %\) .*\| too few rounds to tell \|$/m);
    expect(readdirSync(folder)).toEqual([]);
    expect(git(ROOT, 'status', '--porcelain')).toBe(before);
  },
  300_000,
);

test.runIf(hasHistory)('a signal ends it, with all that it has begun [speed.against]', async () => {
  const folder = temporaryDirectory();
  const bench = spawn(process.execPath, [...RUNNER, '--against', 'HEAD'], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(bench, 'exit');
  await new Promise<void>((building) => onLines(bench.stderr, (line) => line === 'the build' && building()));
  expect(readdirSync(folder).some((name) => name.startsWith('against-'))).toBe(true);
  bench.kill('SIGINT');
  expect(await exited).toEqual([130, null]);
  expect(readdirSync(folder)).toEqual([]);
});

test('a state that is no commit, or does not build, says so [speed.against]', async () => {
  const root = repository({ build: `node -e "console.error('half built'); process.exit(3)"` });
  const build = (ref: string) => buildOf(ref, () => {}, root);
  await expect(build('no-such-ref')).rejects.toThrow('--against: no-such-ref is no commit of this repository');
  await expect(build('--all')).rejects.toThrow('--all is no commit');
  await expect(build('HEAD')).rejects.toThrow(/^--against: the build of HEAD \([0-9a-f]+\) failed:\n.*half built/s);
});

test('the ref is built as it was committed, and changes beside it are named [speed.against]', async () => {
  const root = repository({ build: `node -e "const { cpSync } = require('fs'); cpSync('file', 'dist/index.js')"` });
  expect(await stateOf(root)).toMatch(/^[0-9a-f]{7,}$/);
  writeFileSync(join(root, 'file'), 'changed');
  expect(await stateOf(root)).toMatch(/^[0-9a-f]{7,} with uncommitted changes$/);
  const { bin } = await buildOf('HEAD', () => {}, root);
  expect(readFileSync(bin, 'utf8')).toBe('committed');
});

/** A repository of one commit, whose package has no dependencies. */
function repository(scripts: object): string {
  const root = temporaryDirectory();
  const manifest = { name: 'p', version: '1.0.0', scripts };
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
  const { name, version } = manifest;
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ name, version, lockfileVersion: 3, packages: { '': { name, version } } }),
  );
  writeFileSync(join(root, 'file'), 'committed');
  git(root, 'init', '--quiet');
  git(root, 'add', '--all');
  git(root, '-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--message', 'one');
  return root;
}

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8' });
}
