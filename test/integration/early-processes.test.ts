import { expect, onTestFinished, test } from 'vitest';
import { serverSchema } from '../../src/config/schema.ts';
import { endEarly, startEarly, takeEarly } from '../../src/upstream/open-transport.ts';
import { local } from '../helpers/servers/fixture.ts';
import { expectDead } from '../helpers/system/processes.ts';

const entry = (key: string) => ({ key, ...serverSchema.parse(local()) });

test('a process is started ahead once, and ended if nobody takes it [start.early]', async () => {
  onTestFinished(endEarly);
  const [taken, left] = [entry('taken'), entry('left')];
  startEarly([taken, left]);
  const transport = takeEarly(taken);
  onTestFinished(() => transport?.close());
  expect(transport?.pid).toBeGreaterThan(0);
  expect(takeEarly(taken)).toBeUndefined();
  await endEarly();
  expect(takeEarly(left)).toBeUndefined();
  await transport?.close();
  await expectDead([transport?.pid ?? 0]);
});

test('no process is started for a connection that has one [start.early]', async () => {
  onTestFinished(endEarly);
  const config = entry('late');
  expect(takeEarly(config)).toBeUndefined();
  startEarly([config]);
  expect(takeEarly(config)).toBeUndefined();
});
