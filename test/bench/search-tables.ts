import type { Latency } from './latency.ts';
import { METRICS, macro, type Row } from './measure.ts';
import { behindLines, differenceLines, sourceTable, worstLines } from './report.ts';
import { isApart, isBare } from './sources.ts';
import type { BySource } from './spread.ts';

/** What one way to search finds in one folder of labelled data. */
export interface Measured {
  readonly technique: string;
  readonly data: string;
  readonly sources: BySource;
}

export const OURS = 'mcp-gateway';
/** Beginning of the name of a technique that goes by meaning too; its weight follows. */
export const MEANING = 'meaning';
const COMPARED: readonly string[] = [OURS, 'original', 'plain BM25'];

/** Returns the tables of each folder: by source, then all that was measured, then who is behind whom. */
export function tables(measured: readonly Measured[]): string[] {
  const names = [...new Set(measured.map(({ data }) => data))];
  return names.flatMap((name) => {
    const own = measured.filter(({ data }) => data === name);
    // Variants are measured on the sets as they are only, and stand in the table of means.
    const whole = own.filter(({ technique }) => COMPARED.includes(technique) || technique.startsWith(MEANING));
    const compared = new Map(whole.map(({ technique, sources }) => [technique, sources]));
    return ['', name, ...bySource(compared), '', ...means(own)];
  });
}

function bySource(compared: ReadonlyMap<string, BySource>): string[] {
  const own = compared.get(OURS);
  if (!own) return [];
  const isByMeaning = (technique: string) => technique.startsWith(MEANING);
  const byMeaning = [...compared].filter(([technique]) => isByMeaning(technique));
  const others = new Map([...compared].filter(([technique]) => technique !== OURS && !isByMeaning(technique)));
  return [
    ...sourceTable(compared),
    ...worstLines(OURS, own),
    ...byMeaning.flatMap(([technique, sources]) => differenceLines(`${technique} − words alone`, sources, own)),
    ...(others.size > 0 ? behindLines(`behind ${[...others.keys()].join(' or ')}`, own, others) : []),
  ];
}

/** Returns a table of the mean over the sets as they are, with the servers' names, which figures of all times have. */
function means(measured: readonly Measured[]): string[] {
  const lines = measured.flatMap(({ technique, sources }) => {
    const named = [...sources].filter(([source]) => !isBare(source) && !isApart(source)).map(([, rows]) => rows);
    const { mean, interval } = macro(named, technique === OURS ? 1000 : 0);
    const span = interval.map(([low, high]) => `${(100 * low).toFixed(0)}–${(100 * high).toFixed(0)}`.padStart(9));
    return [line(technique, mean), ...(technique === OURS ? ['  95 % interval'.padEnd(18) + span.join('')] : [])];
  });
  return [`${'mean of the sets'.padEnd(18)}${METRICS.map((metric) => metric.padStart(9)).join('')}`, ...lines];
}

function line(label: string, row: Row): string {
  return label.padEnd(18) + row.map((x) => (100 * x).toFixed(1).padStart(9)).join('');
}

/** Returns a table of times and memory by size of the catalog. */
export function latencyTable(rows: readonly Latency[]): string[] {
  if (rows.length === 0) return [];
  const head = ['tools', 'p50 ms', 'p99 ms', 'build ms', 'slice ms', 'RSS MB'];
  const cellsOf = (cells: readonly (string | number)[]) => cells.map((cell) => String(cell).padStart(10)).join('');
  const cells = rows.map((row) => [
    row.tools,
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    row.build.toFixed(0),
    row.longestSlice.toFixed(1),
    row.rssMegabytes.toFixed(0),
  ]);
  return ['', cellsOf(head), ...cells.map(cellsOf)];
}
