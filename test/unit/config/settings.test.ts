import { expect, test } from 'vitest';
import { settingsThat } from '../../../src/config/applies.ts';
import { type StartSettings, settingsSchema, waitingForStart } from '../../../src/config/settings.ts';

/** All that `StartSettings` has, by its type. */
const START: { readonly [K in keyof StartSettings]: StartSettings[K] extends object ? Paths<StartSettings[K]> : true } =
  {
    port: true,
    host: true,
    search: { usage: true },
    monitor: {
      requestLog: true,
      prometheus: true,
      retentionHours: true,
      maxRecords: true,
      arguments: true,
      healthSeconds: true,
    },
  };

type Paths<Group> = { readonly [K in keyof Group]-?: true };

const namesOf = (paths: readonly (readonly string[])[]) => paths.map((path) => path.join('.')).sort();

test('the metadata of the schema and the type name the same settings of the start [config.applies]', () => {
  const typed = Object.entries(START).flatMap(([name, members]) =>
    members === true ? [[name]] : Object.keys(members).map((member) => [name, member]),
  );
  expect(namesOf(settingsThat('start', settingsSchema.shape))).toEqual(namesOf(typed));
});

test('each setting takes effect at one moment, and none is forgotten [config.applies]', () => {
  const moments = (['live', 'session', 'start'] as const).map((when) => settingsThat(when, settingsSchema.shape));
  const named = new Set(moments.flat().map(([name]) => name));
  expect([...named].sort()).toEqual(Object.keys(settingsSchema.shape).sort());
  expect(new Set(namesOf(moments.flat())).size).toBe(moments.flat().length);
});

test('a changed setting of the start is named once, and not where it is as it was at the start [config.waits-for-start]', () => {
  const start = settingsSchema.parse({});
  const port = settingsSchema.parse({ port: 1 });
  const both = settingsSchema.parse({ port: 1, monitor: { maxRecords: 5 }, jobs: { concurrency: 9 } });
  expect(waitingForStart(start, start, start)).toEqual([]);
  expect(waitingForStart(start, start, port)).toEqual(['port']);
  expect(waitingForStart(start, port, both)).toEqual(['monitor.maxRecords']);
  expect(waitingForStart(start, both, start)).toEqual([]);
});
