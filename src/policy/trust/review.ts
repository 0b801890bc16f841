import type { ToolDefinition } from '../../core/tool.ts';
import { differing, fingerprintOf, isSame, type Part } from './fingerprint.ts';
import { keepDefinitions, readDefinitions } from './stored-definitions.ts';
import { readTrust, updateTrust } from './trust-file.ts';
import { findingRemarks } from './trust-messages.ts';
import { accepted, doubtOf, type TrustRecord, type TrustViolation } from './trust-record.ts';

/** A tool that is not as it was trusted, for a person's review. */
export interface DoubtfulTool {
  readonly doubt: TrustViolation;
  /** Parts that differ. Empty for a new tool. */
  readonly changed: readonly Part[];
  /** The trusted definition, where it was kept. */
  readonly before: ToolDefinition | undefined;
  readonly now: ToolDefinition;
  /** Sentences on hidden texts in it, and on texts aimed at the model. */
  readonly suspicious: readonly string[];
}

/** Facts about a server for the person who judges it. */
export interface Review {
  readonly record: TrustRecord | undefined;
  /** Cause that the record cannot be read. On a pinned server every tool is doubtful then. */
  readonly problem: string | undefined;
  readonly doubtful: readonly DoubtfulTool[];
}

/** Compares the tools of a server with its trusted ones. */
export async function review(path: string, tools: readonly ToolDefinition[], pinned: boolean): Promise<Review> {
  const { record, problem } = readTrust(path);
  const definitions = await readDefinitions(path);
  const doubtful = tools.flatMap((now): DoubtfulTool[] => {
    const fingerprint = fingerprintOf(now);
    const lost: TrustViolation | undefined =
      problem !== undefined && pinned ? { kind: 'lost', fingerprint } : undefined;
    const doubt = lost ?? doubtOf(record, now.name, fingerprint, pinned);
    if (!doubt) return [];
    const kept = definitions.get(now.name);
    const before = kept && doubt.trusted && isSame(doubt.trusted.fingerprint, fingerprintOf(kept)) ? kept : undefined;
    const changed = doubt.trusted ? differing(doubt.trusted.fingerprint, doubt.fingerprint) : [];
    return [{ doubt, changed, before, now, suspicious: findingRemarks(now) }];
  });
  return { record, problem, doubtful };
}

/** Trusts these tools as they are now. Running gateways notice. Rejects where the record cannot be written. */
export async function trust(path: string, tools: readonly ToolDefinition[]): Promise<void> {
  const byName = new Map(tools.toReversed().map((tool) => [tool.name, tool]));
  const fingerprints = new Map([...byName].map(([name, tool]) => [name, fingerprintOf(tool)]));
  await updateTrust(path, ({ record }) => accepted(record, fingerprints, Date.now()));
  // The texts only show later changes, so a failure to keep them is no error.
  await keepDefinitions(path, [...byName.values()]).catch(() => {});
}
