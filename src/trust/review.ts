import type { ToolDefinition } from '../core/tool.ts';
import { differing, fingerprintOf, type Part } from './fingerprint.ts';
import { packed, unpacked } from './kept-definitions.ts';
import { findingRemarks } from './remarks.ts';
import { readTrust, updateTrust } from './trust-file.ts';
import { accepted, type Doubt, doubtOf, type TrustRecord } from './trust-record.ts';

/** A tool that is not as it was trusted. */
export interface DoubtfulTool {
  readonly doubt: Doubt;
  /** Empty where it is new. */
  readonly changed: readonly Part[];
  /** As it was trusted, where that was kept. */
  readonly before: ToolDefinition | undefined;
  readonly now: ToolDefinition;
  /** What is hidden in it or aimed at the model, in sentences. */
  readonly suspicious: readonly string[];
}

/** What is known of a server that a person is to judge. */
export interface Review {
  readonly record: TrustRecord | undefined;
  readonly isCorrupt: boolean;
  readonly doubtful: readonly DoubtfulTool[];
}

/** Compares the tools of a server with those that were trusted. */
export async function review(path: string, tools: readonly ToolDefinition[], pinned: boolean): Promise<Review> {
  const { contents, isCorrupt = false } = readTrust(path);
  const definitions = await unpacked(contents?.definitions ?? '');
  const doubtful = tools.flatMap((now): DoubtfulTool[] => {
    const doubt = doubtOf(contents?.record, now.name, fingerprintOf(now), pinned);
    if (!doubt) return [];
    const kept = definitions.get(now.name);
    const before = kept && doubt.trusted?.fingerprint === fingerprintOf(kept) ? kept : undefined;
    const changed = doubt.trusted ? differing(doubt.trusted.fingerprint, doubt.fingerprint) : [];
    return [{ doubt, changed, before, now, suspicious: findingRemarks(now) }];
  });
  return { record: contents?.record, isCorrupt, doubtful };
}

/** Trusts these tools as they are from now on; running gateways notice. Rejects where that cannot be kept. */
export async function trust(path: string, tools: readonly ToolDefinition[]): Promise<void> {
  const byName = new Map(tools.toReversed().map((tool) => [tool.name, tool]));
  const fingerprints = new Map([...byName].map(([name, tool]) => [name, fingerprintOf(tool)]));
  await updateTrust(path, async ({ contents }) => ({
    record: accepted(contents?.record, fingerprints, Date.now()),
    definitions: await packed(new Map([...(await unpacked(contents?.definitions ?? '')), ...byName])),
  }));
}
