import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Catalog } from '../../src/search/catalog.ts';
import { type LabelledTool, readData } from './data.ts';
import { toolsOfSize } from './perturb.ts';

/** What the catalog is given to score common words beforehand, as it has between a start and the first search. */
const WARM_UP_MS = 2000;

/** Times in ms: of a search, and of making the tools searchable with the longest that this held up the event loop. */
export interface Latency {
  readonly tools: number;
  readonly p50: number;
  readonly p99: number;
  readonly build: number;
  readonly longestSlice: number;
  readonly rssMegabytes: number;
}

/** Prints what so many tools take, as JSON; resolves with the exit code. */
export async function run([size = '10000']: string[]): Promise<number> {
  const folder = resolve(process.env.TOOL_SEARCH_DATA ?? '../shared/retrieval');
  const [main, ...others] = readData(folder, ['main', 'bfcl', 'seal']);
  if (!main) throw new Error(`no labelled data in ${folder}`);
  const rest = others.flatMap(({ tools }) => tools);
  const queries = main.queries.map(({ query }) => query);
  process.stdout.write(JSON.stringify(await latencyOf(toolsOfSize(Number(size), main, rest), queries)));
  return 0;
}

/** Builds a catalog server by server, and searches it once per query. */
async function latencyOf(tools: readonly LabelledTool[], queries: readonly string[]): Promise<Latency> {
  const servers = [...new Set(tools.map(({ server }) => server))].map((key) => {
    return { key, tags: [], tools: tools.filter(({ server }) => server === key) };
  });
  const catalog = new Catalog();
  const watch = watchLoop();
  const start = performance.now();
  for (const server of servers) {
    catalog.setServer(server, server.tools);
    await nextTurn();
  }
  await catalog.indexed();
  const build = performance.now() - start;
  const longestSlice = watch();
  await sleep(WARM_UP_MS);
  const times = queries.map((query) => timed(() => catalog.search(query, { limit: 10, visible: () => true })));
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const rssMegabytes = process.memoryUsage.rss() / 1e6;
  return { tools: catalog.size, p50: at(0.5), p99: at(0.99), build, longestSlice, rssMegabytes };
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

// Longest time between two turns of the event loop, in ms.
function watchLoop(): () => number {
  let last = performance.now();
  let longest = 0;
  let next: NodeJS.Immediate;
  const turn = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    next = setImmediate(turn);
  };
  next = setImmediate(turn);
  return () => {
    clearImmediate(next);
    return Math.max(longest, performance.now() - last);
  };
}
