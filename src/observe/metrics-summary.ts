import type { Counter, Histogram } from 'prom-client';
import type { JsonObject } from '../core/json.ts';

/** The sum of a counter over all its labels. */
export async function totalOf(counter: Counter): Promise<number> {
  const { values } = await counter.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

/** The sums of a counter by one of its labels. */
export async function countsBy(counter: Counter, label: string): Promise<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const { labels, value } of (await counter.get()).values) {
    const name = String(labels[label]);
    sums.set(name, (sums.get(name) ?? 0) + value);
  }
  return Object.fromEntries(sums);
}

/** A metric in the text format of Prometheus. Series are added up, except by the labels `kept`. */
export async function sumText(metric: Counter | Histogram, kept: readonly string[]): Promise<string> {
  const { name, help, type, values } = await metric.get();
  const sums = new Map<string, number>();
  for (const { labels, value, ...each } of values as readonly Series[]) {
    const pairs = kept.filter((label) => label in labels).map((label) => `${label}="${labels[label]}"`);
    const series = `${each.metricName ?? name}${pairs.length > 0 ? `{${pairs.join()}}` : ''}`;
    sums.set(series, (sums.get(series) ?? 0) + value);
  }
  const lines = [...sums].map(([series, value]) => `${series} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
}

/** A series as prom-client lists it. `metricName` is the name of a part of a histogram. */
interface Series {
  readonly labels: JsonObject;
  readonly value: number;
  readonly metricName?: string;
}

interface ToolTally {
  readonly server: string;
  readonly tool: string;
  calls: number;
  errors: number;
  readonly buckets: Bucket[];
}

/**
 * Figures of each tool, the most called first: calls, errors (calls that did not end `ok`), and quantiles of the
 * duration in ms.
 */
export async function toolFigures(calls: Counter, durations: Histogram): Promise<JsonObject[]> {
  const tallies = await tallyTools(calls, durations);
  return [...tallies.values()]
    .sort((a, b) => b.calls - a.calls)
    .map(({ buckets, ...tally }) => ({
      ...tally,
      p50Ms: quantileMs(buckets, 0.5),
      p95Ms: quantileMs(buckets, 0.95),
      p99Ms: quantileMs(buckets, 0.99),
    }));
}

async function tallyTools(calls: Counter, durations: Histogram): Promise<Map<string, ToolTally>> {
  const tallies = new Map<string, ToolTally>();
  const tallyOf = (labels: JsonObject): ToolTally => {
    const [server, tool] = [String(labels.server), String(labels.tool)];
    const key = JSON.stringify([server, tool]);
    const tally = tallies.get(key) ?? { server, tool, calls: 0, errors: 0, buckets: [] };
    tallies.set(key, tally);
    return tally;
  };
  for (const { labels, value } of (await calls.get()).values) {
    const tally = tallyOf(labels);
    tally.calls += value;
    if (labels.outcome !== 'ok') tally.errors += value;
  }
  for (const { metricName, labels, value } of (await durations.get()).values) {
    const { le } = labels as { le?: number | string };
    // prom-client lists the buckets in the order of their bounds.
    if (metricName?.endsWith('_bucket')) tallyOf(labels).buckets.push({ le: boundOf(le), count: value });
  }
  return tallies;
}

function boundOf(le: number | string | undefined): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}

/** Upper bounds of the buckets of call durations, in seconds: from the answer of a cache to a long build. */
export const DURATION_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
];

/**
 * A bucket of a histogram: the number of calls that took at most `le` seconds, smaller buckets included. The last `le`
 * is Infinity.
 */
interface Bucket {
  readonly le: number;
  readonly count: number;
}

/** Estimated quantile (0 to 1) in ms: linear within its bucket. Beyond the last finite bound it is that bound. */
function quantileMs(buckets: readonly Bucket[], quantile: number): number {
  const rank = quantile * (buckets.at(-1)?.count ?? 0);
  const index = buckets.findIndex(({ count }) => count >= rank);
  const { le, count } = buckets[index] ?? { le: 0, count: 0 };
  const { le: from, count: before } = buckets[index - 1] ?? { le: 0, count: 0 };
  if (!Number.isFinite(le)) return from * 1_000;
  const share = count === before ? 1 : (rank - before) / (count - before);
  return Math.round((from + (le - from) * share) * 1e6) / 1_000;
}
