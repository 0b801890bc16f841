import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { writeFileAtomic } from '../../platform/atomic-file.ts';
import { type LockTimes, withFileLock } from '../../platform/file-lock.ts';
import { addCounts, SUMS } from './add-counts.ts';
import type { CallCount, Counts } from './counts.ts';

/** Usage counts since `since`, in epoch ms. */
export interface Stats {
  readonly since: number;
  readonly counts: Counts;
}

const FORMAT = 1;
/**
 * Work under the lock takes 1 to 2 ms. The longest wait for it is shorter than an orderly end of the gateway may take.
 */
const LOCK_TIMES: LockTimes = { staleMs: 2_000, maxWaitMs: 3_500, pollMs: 15 };

/** Adds counts to the file and replaces it whole. Rejects where it cannot be written or has another format. */
export async function addToStats(path: string, counts: Counts): Promise<void> {
  await change(path, (before) => {
    const { since, counts: sum } = before ?? emptyStats();
    addCounts(sum, counts);
    return { since, counts: sum };
  });
}

/** Empties the counts of the file. Rejects where it cannot be written. */
export async function resetStats(path: string): Promise<void> {
  await change(path, emptyStats);
}

/** Reads the file; undefined when it is missing or broken. Throws `CONFIG_INVALID` for a file of a newer gateway. */
export async function readStats(path: string): Promise<Stats | undefined> {
  const file = await parsed(path);
  if (!isJsonObject(file)) return undefined;
  if (file.format !== FORMAT)
    throw new GatewayError(
      'CONFIG_INVALID',
      `${path}: is of another version of mcp-gateway; use that one, or remove it`,
    );
  return { since: typeof file.since === 'number' ? file.since : Date.now(), counts: countsIn(file) };
}

function emptyStats(): Stats {
  return { since: Date.now(), counts: countsIn({}) };
}

async function change(path: string, next: (before: Stats | undefined) => Stats): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await withFileLock(
    `${path}.lock`,
    async () => writeFileAtomic(path, textOf(next(await readStats(path)))),
    LOCK_TIMES,
  );
}

async function parsed(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Writes maps as lists of rows, so that no key can set a prototype. */
function textOf({ since, counts }: Stats): string {
  const { failures, servers, tools, ...sums } = counts;
  const rows = (map: ReadonlyMap<string, CallCount>) =>
    [...map].map(([key, { calls, failed }]) => [key, calls, failed]);
  const file = { format: FORMAT, since, ...sums, failures: [...failures], servers: rows(servers), tools: rows(tools) };
  return `${JSON.stringify(file)}\n`;
}

function countsIn(file: JsonObject): Counts {
  const sums = Object.fromEntries(SUMS.map((name) => [name, numberIn(file[name])])) as Pick<
    Counts,
    (typeof SUMS)[number]
  >;
  const failures = new Map(rowsIn(file.failures).map(([code, count]) => [code, numberIn(count)]));
  return { ...sums, failures, servers: callsIn(file.servers), tools: callsIn(file.tools) };
}

function callsIn(value: unknown): Map<string, CallCount> {
  const rows = rowsIn(value);
  return new Map(rows.map(([key, calls, failed]) => [key, { calls: numberIn(calls), failed: numberIn(failed) }]));
}

function rowsIn(value: unknown): [string, ...unknown[]][] {
  return Array.isArray(value) ? value.filter((row) => Array.isArray(row) && typeof row[0] === 'string') : [];
}

function numberIn(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
