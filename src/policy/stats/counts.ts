import type { ToolEntry } from '../../core/tool.ts';

/** How often a server or a tool was called, and how many of these calls failed. */
export interface CallCount {
  calls: number;
  failed: number;
}

/** What was counted, over any time: sums, so that two of them can be added. */
export interface Counts {
  /** Sessions of clients. */
  sessions: number;
  /** Tokens of definitions that these sessions were spared, those of our own taken off. */
  tokensNotSent: number;
  calls: number;
  /** Of these: begun in the background, or handed over to it. */
  jobs: number;
  /** Queries; several in one search count each. */
  searches: number;
  /** Queries followed by a call of a tool that they showed. */
  ledToCall: number;
  /** Queries that found nothing. */
  foundNothing: number;
  /** Calls that failed, by code; `tool_error`: the tool's own result says so. */
  readonly failures: Map<string, number>;
  /** By key. */
  readonly servers: Map<string, CallCount>;
  /** By id. */
  readonly tools: Map<string, CallCount>;
}

/** Nothing, so far. */
export function newCounts(): Counts {
  return {
    ...{ sessions: 0, tokensNotSent: 0, calls: 0, jobs: 0, searches: 0, ledToCall: 0, foundNothing: 0 },
    ...{ failures: new Map(), servers: new Map(), tools: new Map() },
  };
}

/** A tool as far as it is counted. */
type CountedTool = Pick<ToolEntry, 'id' | 'server'>;

/** Takes note of a call; without a tool where it is not known which was meant. */
export function countCall(counts: Counts, tool?: CountedTool): void {
  counts.calls++;
  for (const count of countsOf(counts, tool)) count.calls++;
}

/** Takes note of how a call failed that was counted before. */
export function countFailure(counts: Counts, code: string, tool?: CountedTool): void {
  counts.failures.set(code, (counts.failures.get(code) ?? 0) + 1);
  for (const count of countsOf(counts, tool)) count.failed++;
}

function countsOf({ servers, tools }: Counts, tool: CountedTool | undefined): readonly CallCount[] {
  return tool ? [countIn(servers, tool.server), countIn(tools, tool.id)] : [];
}

function countIn(counts: Map<string, CallCount>, key: string): CallCount {
  const count = counts.get(key) ?? { calls: 0, failed: 0 };
  counts.set(key, count);
  return count;
}
