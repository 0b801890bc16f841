/** Each wrong way to declare or read a setting, beside the right one. `tsc` checks the file; nothing in it runs. */
import * as z from 'zod';
import { Jobs } from '../../../src/broker/jobs/jobs.ts';
import { atStart, group, live, taggedSettings } from '../../../src/config/applies.ts';
import type { LiveSettings, StartSettings } from '../../../src/config/settings.ts';
import { jobLimits, usageMemory } from '../../../src/gateway/optional-features.ts';

const flag = z.boolean().default(true);

export const declared = {
  right: taggedSettings({ fresh: live(flag), more: group('More.', { first: atStart(flag) }) }),
  // @ts-expect-error: nothing says when it takes effect.
  untagged: taggedSettings({ fresh: flag }),
  // @ts-expect-error: the same of a setting within a group.
  untaggedInGroup: group('More.', { first: flag }),
};

export const ofStart = (start: StartSettings) => [
  start.port,
  start.monitor.maxRecords,
  // @ts-expect-error: a live setting is no part of what is read once.
  start.jobs,
  // @ts-expect-error: the same within a group that has both.
  start.monitor.toolMetrics,
];

export const ofNow = (settings: () => LiveSettings) => [
  settings().jobs,
  settings().monitor.toolMetrics,
  settings().results.maxInlineBytes,
  // @ts-expect-error: the file may say another port than the one in use.
  settings().port,
  // @ts-expect-error: the same within a group that has both.
  settings().monitor.maxRecords,
];

declare const wantsStart: (start: StartSettings) => void;
declare const wantsLive: (settings: () => LiveSettings) => void;

export function hand(start: StartSettings, settings: () => LiveSettings): void {
  wantsStart(start);
  wantsLive(settings);
  // @ts-expect-error: the settings of now are not those of the start.
  wantsStart(settings());
  // @ts-expect-error: the settings of the start do not follow the file.
  wantsLive(() => start);
  // @ts-expect-error: settings that were read once do not follow it either.
  wantsLive(settings());
}

export function compose(start: StartSettings, settings: () => LiveSettings): unknown[] {
  return [
    usageMemory(start, undefined),
    new Jobs(() => jobLimits(settings())),
    // @ts-expect-error: the history of searches is made once.
    usageMemory(settings(), undefined),
    // @ts-expect-error: the limits of jobs follow the file.
    new Jobs(jobLimits(settings())),
  ];
}
