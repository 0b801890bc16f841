import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { local } from '../helpers/servers/fixture.ts';

const MB = 1_000_000;

/** The most memory that a process ever had, in bytes. */
function peakMemory(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
}

test('garbage on stdout, wrong ids and double answers do no harm [faults.output]', async () => {
  const gateway = await startGateway({ config: { bad: local({ sdk: 'raw' }), good: local() } });
  const answers = { raw_garbage: 'garbage written', split_utf8: '≠€🙂', wrong_id: 'right', answer_twice: 'once' };
  for (const [tool, answer] of Object.entries(answers)) {
    expect(textOf(await gateway.invoke(`bad::${tool}`))).toBe(answer);
    expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  }
  expect(textOf(await gateway.invoke('bad::echo', { still: 'here' }))).toBe('{"still":"here"}');
});

test('lines of 50 MB that are no messages are dropped, in bounded memory [faults.output]', async () => {
  const gateway = await startGateway({ config: { bad: local({ sdk: 'raw' }), good: local() } });
  await gateway.knows('bad::garbage_lines');
  const before = peakMemory(gateway.pid);
  const flood = gateway.invoke('bad::garbage_lines', { bytes: 50 * MB });
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  expect(textOf(await flood)).toBe('garbage written');
  expect(peakMemory(gateway.pid) - before).toBeLessThan(450 * MB);
  expect(textOf(await gateway.invoke('bad::add', { a: 2, b: 2 }))).toBe('4');
});

test('a flood on stderr holds up neither its server nor another [faults.output]', async () => {
  const gateway = await startGateway({ config: { bad: local(), good: local() } });
  const flood = gateway.invoke('bad::flood_stderr', { bytes: 20 * MB });
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  expect(textOf(await flood)).toBe('flooded');
});
