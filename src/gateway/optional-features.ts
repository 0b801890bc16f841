import { join } from 'node:path';
import type { MeaningSearch } from '../broker/finder.ts';
import type { JobLimits } from '../broker/jobs/jobs.ts';
import type { GatewayConfig } from '../config/load.ts';
import type { SentToClients } from '../downstream/gateway-services.ts';
import type { Logger } from '../platform/log.ts';
import { Permissions } from '../policy/permissions/permissions.ts';
import { definitionTokens, textTokens } from '../policy/stats/definition-tokens.ts';
import { UsageStats } from '../policy/stats/usage-stats.ts';
import { Trust } from '../policy/trust/trust.ts';
import type { Catalog } from '../search/catalog.ts';
import { InvocationHistory } from '../search/invocation-history.ts';
import type { Semantics } from '../search/semantics/semantics.ts';
import type { NamedGuards } from './call-pipeline.ts';

const HOUR_MS = 3_600_000;

/** The history of invocations, if the settings want one; without a directory it lasts for this run only. */
export function usageMemory({ settings }: GatewayConfig, directory: string | undefined): InvocationHistory | undefined {
  if (!settings.search.usage) return undefined;
  return new InvocationHistory(directory === undefined ? {} : { path: join(directory, 'usage.json') });
}

export interface GuardOptions {
  readonly config: () => GatewayConfig;
  readonly dataDirectory?: string | undefined;
  readonly log: Logger;
}

/** Counts of calls; nothing is counted where the settings do not want it. */
export function createStats({ config, dataDirectory, log }: GuardOptions, sent: () => SentToClients): UsageStats {
  return new UsageStats({
    isOn: () => config().settings.stats,
    directory: dataDirectory,
    servers: () => config().servers.map(({ key }) => key),
    ownTokens: () => {
      const { tools, instructions } = sent();
      return textTokens(instructions) + definitionTokens(tools);
    },
    log,
  });
}

export function createGuards(options: GuardOptions, stats: UsageStats): NamedGuards {
  return { stats: stats.guard, trust: new Trust(options), permissions: new Permissions(options) };
}

/** Likeness of meaning; loaded only where an endpoint is configured. */
export function createSemanticSearch(
  { settings }: GatewayConfig,
  directory: string,
  log: Logger,
): Promise<Semantics> | undefined {
  const { embeddings } = settings.search;
  return (
    embeddings &&
    import('../search/semantics/semantics.ts').then((own) => new own.Semantics({ ...embeddings, directory, log }))
  );
}

/** A search by words, and by meaning where that has an answer in time. */
export function fuseMeaning(
  semantics: Promise<Semantics>,
  catalog: Catalog,
  { settings }: GatewayConfig,
): MeaningSearch {
  const weight = settings.search.embeddings?.weight ?? 0;
  return {
    fused: async (query, hits, visible, limit) => {
      const similar = await (await semantics).similar(query, visible, limit);
      if (!similar) return hits;
      const { fuse } = await import('../search/semantics/fuse.ts');
      return fuse(hits, similar, (id) => catalog.get(id), { weight, limit });
    },
  };
}

/** The settings of background calls in the units of `Jobs`. */
export function jobLimits({ settings: { jobs } }: GatewayConfig): JobLimits {
  const { concurrency, maxQueued, retentionHours, maxRecords, maxBytes } = jobs;
  return { concurrency, maxQueued, retentionMs: retentionHours * HOUR_MS, maxRecords, maxBytes };
}
