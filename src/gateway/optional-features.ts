import { join } from 'node:path';
import type { JobLimits } from '../broker/jobs/jobs.ts';
import type { LiveConfig } from '../config/load.ts';
import type { LiveSettings, StartSettings } from '../config/settings.ts';
import type { OwnDefinitions } from '../downstream/gateway-services.ts';
import type { Logger } from '../platform/log.ts';
import { Permissions } from '../policy/permissions/permissions.ts';
import { definitionTokens, textTokens } from '../policy/stats/definition-tokens.ts';
import { UsageStats } from '../policy/stats/usage-stats.ts';
import { Trust } from '../policy/trust/trust.ts';
import { InvocationHistory } from '../search/invocation-history.ts';
import type { NamedGuards } from './call-pipeline.ts';

const HOUR_MS = 3_600_000;

/** Returns the history of invocations, if the settings want one; without a directory it lasts for this run only. */
export function usageMemory({ search }: StartSettings, directory: string | undefined): InvocationHistory | undefined {
  if (!search.usage) return undefined;
  return new InvocationHistory(directory === undefined ? {} : { path: join(directory, 'usage.json') });
}

export interface GuardOptions {
  readonly config: () => LiveConfig;
  readonly dataDirectory?: string | undefined;
  readonly log: Logger;
}

/** Creates the counts of calls, which stay empty while the settings do not want them. */
export function createStats(
  { config, dataDirectory, log }: GuardOptions,
  ownDefinitions: () => OwnDefinitions,
): UsageStats {
  return new UsageStats({
    isOn: () => config().settings.stats,
    directory: dataDirectory,
    servers: () => config().servers.map(({ key }) => key),
    ownTokens: () => {
      const { tools, instructions } = ownDefinitions();
      return textTokens(instructions) + definitionTokens(tools);
    },
    log,
  });
}

export function createGuards(options: GuardOptions, stats: UsageStats): NamedGuards {
  return { stats: stats.guard, trust: new Trust(options), permissions: new Permissions(options) };
}

/** Returns the settings of background calls in the units of `Jobs`. */
export function jobLimits({ jobs }: LiveSettings): JobLimits {
  const { concurrency, maxQueued, retentionHours, maxRecords, maxBytes } = jobs;
  return { concurrency, maxQueued, retentionMs: retentionHours * HOUR_MS, maxRecords, maxBytes };
}
