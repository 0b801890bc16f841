import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { textOf } from '../helpers/clients/results.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { alive, expectDead, waitUntil } from '../helpers/system/processes.ts';

const pidOf = async (gateway: Gateway, server: string) => Number(textOf(await gateway.invoke(`${server}::pid`)));

test('an entry added, changed and removed takes effect; unchanged ones keep their process [config.reload-add, config.reload-change, config.reload-remove, config.reload-unchanged]', async () => {
  const keep = local();
  const gateway = await startGateway({ config: { keep } });
  const pid = await pidOf(gateway, 'keep');

  gateway.writeConfig({ keep, more: local({}, { environment: { MODE: 'one' } }) });
  await gateway.knows('more::env');
  const first = await pidOf(gateway, 'more');

  gateway.writeConfig({ keep, more: local({}, { environment: { MODE: 'two' } }) });
  const mode = async () => textOf(await gateway.invoke('more::env', { name: 'MODE' }));
  await waitUntil(async () => (await mode()) === 'two');
  await expectDead([first]);

  gateway.writeConfig({ keep });
  await gateway.forgets('more::env');
  expect(await pidOf(gateway, 'keep')).toBe(pid);
});

test('disabling and enabling an entry stops and starts it [config.reload-toggle, config.disabled]', async () => {
  const gateway = await startGateway({ config: { u: local(), off: local({}, { enabled: false }) } });
  const pid = await pidOf(gateway, 'u');
  expect((await gateway.call('describe', { id: 'off::echo' })).isError).toBe(true);
  gateway.writeConfig({ u: local({}, { enabled: false }), off: local() });
  await gateway.knows('off::echo');
  await gateway.forgets('u::echo');
  await expectDead([pid]);
  gateway.writeConfig({ u: local(), off: local() });
  await gateway.knows('u::echo');
});

test('calls in flight on unchanged entries go on [config.reload-unchanged]', async () => {
  const { file, events } = journal();
  const keep = local({ journal: file });
  const gateway = await startGateway({ config: { keep, gone: local() } });
  const call = gateway.invoke('keep::progress', { steps: 20, ms: 100 });
  await waitUntil(() => events('call').length === 1);
  gateway.writeConfig({ keep, fresh: local() });
  await gateway.knows('fresh::echo');
  expect(textOf(await call)).toBe('done after 20');
});

test('a file written in place is followed too [config.watch-in-place]', async () => {
  const gateway = await startGateway({ config: { one: local() } });
  await gateway.knows('one::echo');
  writeFileSync(gateway.configFile, JSON.stringify({ two: local() }));
  await gateway.knows('two::echo');
  await gateway.forgets('one::echo');
});

test('a file replaced again and again is followed to its last state [config.watch-replace]', async () => {
  const gateway = await startGateway({ config: { one: local() } });
  for (const name of ['two', 'three', 'four']) gateway.writeConfig({ [name]: local() });
  await gateway.knows('four::echo');
  await gateway.forgets('one::echo');
  gateway.writeConfig({ five: local() });
  await gateway.knows('five::echo');
});

test('a broken edit is reported and the old configuration stays [config.reload-broken, config.syntax]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const pid = await pidOf(gateway, 'u');
  gateway.writeConfig('{\n  "u": {"type": "local",\n  oops\n}');
  await gateway.process.logged(/config\.json.*3/);
  expect(JSON.stringify(await gateway.search('echo'))).toMatch(/config\.json/);
  expect(await pidOf(gateway, 'u')).toBe(pid);
  expect(alive(pid)).toBe(true);
  gateway.writeConfig({ mended: local() });
  await gateway.knows('mended::echo');
  expect(JSON.stringify(await gateway.search('echo'))).not.toMatch(/config\.json/);
});

test('an entry that becomes wrong is named; the others go on [config.partial, config.wrong-in-search]', async () => {
  const gateway = await startGateway({ config: { good: local() } });
  const pid = await pidOf(gateway, 'good');
  gateway.writeConfig({ good: local(), bad: { type: 'local', comand: ['x'] } });
  await gateway.process.logged(/bad/);
  await waitUntil(async () => /"bad"/.test(JSON.stringify(await gateway.search('echo'))));
  expect(await pidOf(gateway, 'good')).toBe(pid);
});

test('without a file it serves, says where to write one, and picks it up [config.no-file, config.appears, config.default-path]', async () => {
  const gateway = await startGateway();
  expect(await gateway.client.listTools()).toHaveLength(5);
  expect(JSON.stringify(await gateway.search('anything'))).toContain('.config/mcp-gateway/config.json');
  expect(gateway.process.tail()).toContain('.config/mcp-gateway/config.json');
  const folder = join(gateway.home, '.config/mcp-gateway');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ u: local() }));
  await gateway.knows('u::echo');
});

test('a named file that does not exist yet is picked up [config.appears]', async () => {
  const gateway = await startGateway({ args: ['later.json'] });
  expect(JSON.stringify(await gateway.search('anything'))).toContain('later.json');
  gateway.writeConfig({ u: local() }, join(gateway.home, 'later.json'));
  await gateway.knows('u::echo');
});
