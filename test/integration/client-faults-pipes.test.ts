import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { textOf } from '../helpers/clients/results.ts';
import { type Gateway, launchGateway, startGateway } from '../helpers/gateway/gateway.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { rssOf } from '../helpers/system/process-figures.ts';
import { expectDead, waitUntil } from '../helpers/system/processes.ts';

const ARGUMENT_SIZE = fileURLToPath(new URL('../fixtures/argument-size.mjs', import.meta.url));
const MB = 1_000_000;

/** A client in between that hands every byte on, for ends that only a process can have. */
const CLIENT = `
  const { stdin, stdout, stderr } = require('node:child_process').spawn(process.execPath, process.argv.slice(1));
  process.stdin.pipe(stdin); stdout.pipe(process.stdout); stderr.pipe(process.stderr);`;

const invoke = (id: string, args: JsonObject) => ({ name: 'invoke', arguments: { id, args } });

/** Asks for so many answers of 1 MB each, while reading none; the promise of each. */
async function askForMegabytes(count: number, gateway: Gateway) {
  const { peer, pipes } = gateway.process;
  pipes.stdout.pause();
  const answers = Array.from({ length: count }, () => peer.request('tools/call', invoke('u::big', { bytes: MB })));
  for (const answer of answers) answer.catch(() => {});
  // A part of the first answer has come, and the rest is more than pipes hold.
  await waitUntil(() => pipes.stdout.readableLength > 0);
  return answers;
}

/** What our end still holds when the gateway takes no more of it, in bytes. */
async function leftUnread({ process: { pipes } }: Gateway): Promise<number> {
  let [left, same] = [-1, 0];
  await waitUntil(() => {
    same = pipes.stdin.writableLength === left ? same + 1 : 0;
    left = pipes.stdin.writableLength;
    return same === 20;
  });
  return left;
}

test('a client that does not read gets 50 MB when it does, and memory stays within bounds [client.back-pressure]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ sdk: 'raw', journal: file }) }, sdk: 'raw' });
  await gateway.invoke('u::big', { bytes: MB });
  const before = rssOf(gateway.pid);
  const answers = await askForMegabytes(50, gateway);
  const { peer, pipes } = gateway.process;
  // What it asks meanwhile waits, and soon in its own pipe.
  const text = 'x'.repeat(100_000);
  const later = Array.from({ length: 40 }, (_, n) => peer.request('tools/call', invoke('u::echo', { n, text })));
  for (const answer of later) answer.catch(() => {});
  expect(await leftUnread(gateway)).toBeGreaterThan(MB);
  // The first call, and those that came before the first answer filled the pipe; none of the later ones.
  expect(events('call').length).toBeLessThanOrEqual(51);
  expect(rssOf(gateway.pid) - before).toBeLessThan(150 * MB);
  pipes.stdout.resume();
  for (const answer of answers) expect(textOf((await answer).result ?? {})).toHaveLength(MB);
  for (const [n, answer] of later.entries()) expect(textOf((await answer).result ?? {})).toContain(`{"n":${n},`);
});

test('a client that does not read and closes its end is noticed [client.back-pressure, client.leaves]', async () => {
  const gateway = await startGateway({ config: { u: local({ sdk: 'raw' }) }, sdk: 'raw' });
  await askForMegabytes(20, gateway);
  // What waits meanwhile must not keep its end from being read.
  for (let n = 0; n < 10; n++) gateway.process.peer.send({ id: `late ${n}`, method: 'ping' });
  expect(await gateway.stop('eof')).toMatchObject({ signal: null });
  await expectDead(gateway.process.survivors());
  gateway.process.pipes.stdout.resume();
});

test('a signal ends it also while megabytes are due [client.back-pressure, client.leaves]', async () => {
  const gateway = await startGateway({ config: { u: local({ sdk: 'raw' }) }, sdk: 'raw' });
  await askForMegabytes(20, gateway);
  const exit = await gateway.stop('SIGTERM');
  expect(exit.durationMs).toBeLessThan(5_000);
  await expectDead(gateway.process.survivors());
  gateway.process.pipes.stdout.resume();
});

test('a client that closes its reading end only ends the gateway and its servers [client.leaves]', async () => {
  const gateway = await startGateway({ config: { u: local({ sdk: 'raw' }), v: local() }, sdk: 'raw' });
  await Promise.all([gateway.invoke('u::pid'), gateway.invoke('v::pid')]);
  const pids = gateway.process.survivors();
  // Two servers, and the process that would end them if the gateway were killed.
  expect(pids).toHaveLength(3);
  gateway.process.pipes.stdout.destroy();
  // The next thing that is written finds nobody there.
  gateway.process.peer.notify('ping');
  gateway.process.peer.send({ id: 1, method: 'ping' });
  expect(await gateway.process.exited()).toMatchObject({ code: 0, signal: null });
  await expectDead(pids);
  expect(gateway.process.tail()).not.toMatch(/uncaught|unhandled/);
});

test('a client that is killed leaves nothing behind, with calls, jobs and megabytes under way [client.killed]', async () => {
  const { file, events } = journal();
  const config = { u: local({ sdk: 'raw', journal: file }), stubborn: local({ ignoreSigterm: true }) };
  const gateway = launchGateway({ config, command: [process.execPath, '-e', CLIENT, '--', BIN] });
  await gateway.connect('raw');
  await gateway.invoke('stubborn::pid');
  gateway.invoke('u::hang').catch(() => {});
  await gateway.invokeAsync('u::hang');
  await waitUntil(() => events('call').length === 2);
  await askForMegabytes(10, gateway);
  const pids = gateway.process.survivors();
  // The gateway, two servers, and the process that would end them if it were killed.
  expect(pids).toHaveLength(4);
  await gateway.stop('SIGKILL');
  await expectDead(pids);
});

test('a client that never reads stderr is served all the same, however much servers log [client.stderr]', async () => {
  const config = { $gateway: { logLevel: 'debug' }, u: local({ sdk: 'raw' }), v: local() };
  const gateway = launchGateway({ config });
  gateway.process.pipes.stderr.pause();
  await gateway.connect('raw');
  await gateway.invoke('u::flood_stderr', { bytes: MB });
  const before = rssOf(gateway.pid);
  for (let n = 0; n < 10; n++) {
    expect(textOf(await gateway.invoke('u::flood_stderr', { bytes: MB }))).toBe('flooded');
    expect(textOf(await gateway.invoke('v::add', { a: n, b: 1 }))).toBe(String(n + 1));
  }
  expect(rssOf(gateway.pid) - before).toBeLessThan(50 * MB);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  gateway.process.pipes.stderr.resume();
});

test('a line of 50 MB reaches a server whole; one beyond 64 MB is refused and the session goes on [client.large-line]', async () => {
  const gateway = await startGateway({ config: { u: { command: [process.execPath, ARGUMENT_SIZE] } }, sdk: 'raw' });
  const { peer, pipes } = gateway.process;
  const value = 'é'.repeat(12 * MB) + 'x'.repeat(26 * MB);
  const { result } = await peer.request('tools/call', invoke('u::length_of', { value }));
  expect(textOf(result ?? {})).toBe(`${value.length} characters, ${Buffer.byteLength(value)} bytes`);
  const piece = Buffer.alloc(MB, 'x');
  for (let n = 0; n < 70; n++) pipes.stdin.write(piece);
  pipes.stdin.write('\n');
  const refusal = await peer.waitFor(({ error }) => error !== undefined);
  expect(refusal).toMatchObject({ id: null, error: { code: -32_600, message: expect.stringContaining('67108864') } });
  expect(textOf(await gateway.invoke('u::length_of', { value: 'é' }))).toBe('1 characters, 2 bytes');
});
