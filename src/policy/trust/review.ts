import type { ToolDefinition } from '../../core/tool.ts';
import { changedParts, fingerprintOf, isSame, type Part } from './fingerprint.ts';
import { keepDefinitions, readDefinitions } from './stored-definitions.ts';
import { readTrust, updateTrust } from './trust-file.ts';
import { findingRemarks } from './trust-messages.ts';
import { recordAfterAccepting, type TrustRecord, type TrustViolation, violationOf } from './trust-record.ts';

/** A tool that is not as it was trusted, for a person's review. */
export interface ViolatingTool {
  readonly violation: TrustViolation;
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
  readonly doubtful: readonly ViolatingTool[];
}

/** Compares the tools of a server with its trusted ones. */
export async function review(path: string, tools: readonly ToolDefinition[], pinned: boolean): Promise<Review> {
  const { record, problem } = readTrust(path);
  const definitions = await readDefinitions(path);
  const doubtful = tools.flatMap((now): ViolatingTool[] => {
    const fingerprint = fingerprintOf(now);
    const lost: TrustViolation | undefined =
      problem !== undefined && pinned ? { kind: 'lost', fingerprint } : undefined;
    const violation = lost ?? violationOf(record, now.name, fingerprint, pinned);
    if (!violation) return [];
    const kept = definitions.get(now.name);
    const before =
      kept && violation.trusted && isSame(violation.trusted.fingerprint, fingerprintOf(kept)) ? kept : undefined;
    const changed = violation.trusted ? changedParts(violation.trusted.fingerprint, violation.fingerprint) : [];
    return [{ violation, changed, before, now, suspicious: findingRemarks(now) }];
  });
  return { record, problem, doubtful };
}

/** Trusts these tools as they are now. Running gateways notice. Rejects where the record cannot be written. */
export async function trust(path: string, tools: readonly ToolDefinition[]): Promise<void> {
  const byName = new Map(tools.toReversed().map((tool) => [tool.name, tool]));
  const fingerprints = new Map([...byName].map(([name, tool]) => [name, fingerprintOf(tool)]));
  await updateTrust(path, ({ record }) => recordAfterAccepting(record, fingerprints, Date.now()));
  // The texts only show later changes, so a failure to keep them is no error.
  await keepDefinitions(path, [...byName.values()]).catch(() => {});
}
