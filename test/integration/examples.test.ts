import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { jsonOf, textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { temporaryDirectory } from '../helpers/servers/fixture.ts';
import { expectDead, processesWith } from '../helpers/system/processes.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'examples');
const CONFIGURATIONS = ['flat.jsonc', 'listed.yml'];
/** Run by tests of their own: `docker.test.ts`, `observe-metrics.test.ts`. */
const ELSEWHERE = ['docker', 'grafana-dashboard.json'];

test('every example is run by a test [docs.examples]', () => {
  expect(readdirSync(EXAMPLES).sort()).toEqual([...CONFIGURATIONS, ...ELSEWHERE, 'demo.mjs'].sort());
});

test.each(CONFIGURATIONS)('%s: its servers come up and can be called [docs.examples]', async (file) => {
  const gateway = await startGateway({
    command: ['env', `--chdir=${ROOT}`, process.execPath, BIN],
    args: [join('examples', file)],
    env: { MEMORY_FILE_PATH: join(temporaryDirectory(), 'memory.jsonl') },
  });
  for (const id of ['everything::echo', 'files::list_directory', 'memory::read_graph']) await gateway.knows(id);
  const { servers, unavailable } = jsonOf<{ servers: { server: string }[] } & Record<string, unknown>>(
    await gateway.call('search', { query: '' }),
  );
  expect(servers.map(({ server }) => server)).toEqual(['everything', 'files', 'memory']);
  expect(unavailable).toBeUndefined();
  expect(textOf(await gateway.invoke('everything::echo', { message: 'hello' }))).toContain('hello');
  expect(textOf(await gateway.invoke('files::list_directory', { path: EXAMPLES }))).toContain(file);
  expect(textOf(await gateway.invoke('memory::read_graph'))).toContain('entities');
  expect(gateway.logs.filter(({ level }) => level === 'error' || level === 'warning')).toEqual([]);
});

test('the demo runs to its summary and leaves nothing behind [docs.examples, docs.readme-commands]', async () => {
  const folder = temporaryDirectory();
  const mark = randomUUID();
  // The command of `npm run demo`; the build that comes before it is that of these tests.
  const env = { ...process.env, TMPDIR: folder, NO_COLOR: '1', DEMO_MARK: mark };
  const child = spawn(process.execPath, ['examples/demo.mjs'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], output, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(output).toMatch(/image block: image\/png.*progress 1 of 5.*"status":"completed"/s);
  expect(output.trimEnd().split('\n').at(-1)).toMatch(/^Done: \d+ tools behind 5\. .* saved;/);
  expect(output).not.toContain('\x1b');
  await expectDead(processesWith('DEMO_MARK', mark));
  expect(readdirSync(folder)).toEqual([]);
});
