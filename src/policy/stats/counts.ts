import type { ToolEntry } from '../../core/tool.ts';

/** Number of calls of a server or a tool, and how many of them failed. */
export interface CallCount {
  calls: number;
  failed: number;
}

/** Usage counts of any period. All are sums, so that two `Counts` can be added. */
export interface Counts {
  /** Sessions of clients. */
  sessions: number;
  /** Tokens of tool definitions that clients did not receive, less the tokens of our own definitions. */
  tokensNotSent: number;
  calls: number;
  /** Calls that began in the background or were moved there; included in `calls`. */
  jobs: number;
  /** Queries. One search may contain several. */
  searches: number;
  /** Queries followed by a call of a tool that they showed. */
  ledToCall: number;
  /** Queries that found nothing. */
  foundNothing: number;
  /** Failed calls by error code; `tool_error`: the tool's own result says that it failed. */
  readonly failures: Map<string, number>;
  /** Calls by key of the server. */
  readonly servers: Map<string, CallCount>;
  /** Calls by id of the tool. */
  readonly tools: Map<string, CallCount>;
}

export function newCounts(): Counts {
  return {
    ...{ sessions: 0, tokensNotSent: 0, calls: 0, jobs: 0, searches: 0, ledToCall: 0, foundNothing: 0 },
    ...{ failures: new Map(), servers: new Map(), tools: new Map() },
  };
}

/** The members of a tool that are needed to count it. */
type CountedTool = Pick<ToolEntry, 'id' | 'server'>;

/** Counts a call. `tool` is absent where the call named no known tool. */
export function countCall(counts: Counts, tool?: CountedTool): void {
  counts.calls++;
  for (const count of countsOf(counts, tool)) count.calls++;
}

/** Counts the failure of a call that `countCall` has counted. */
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
