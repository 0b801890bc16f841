import { digits } from '../performance/row.ts';
import { median } from '../performance/statistics.ts';
import { aligned } from '../performance/table.ts';
import type { Window } from './contest.ts';

const COLUMNS = {
  'calls/s': 'rate',
  'p50 ms': 'p50',
  'p95 ms': 'p95',
  'p99 ms': 'p99',
  'CPU ms per call': 'cpuMsPerCall',
  'RSS MB': 'megabytes',
} satisfies Record<string, keyof Window>;

/** Medians over the rounds, a line for each participant, as a Markdown table. */
export function figures(rounds: readonly Readonly<Record<string, Window>>[]): string {
  const names = Object.keys(rounds[0] ?? {}).sort();
  const cell = (name: string, key: keyof Window) => digits(median(rounds.map((round) => round[name]?.[key] ?? NaN)));
  const lines = names.map((name) => [name, ...Object.values(COLUMNS).map((key) => cell(name, key))]);
  return aligned([['', ...Object.keys(COLUMNS)], ...lines]);
}
