/** What came of the calls of one kind. */
interface Outcomes {
  right: number;
  /** Failures of a server that was being disturbed. */
  excused: number;
  unexpected: number;
  wrong: number;
  readonly durations: number[];
}

export type Outcome = 'right' | 'excused' | 'unexpected' | 'wrong';

/** Durations kept per kind for the final table; the lines in between use their own. */
const MAX_DURATIONS = 100_000;

/** Counts what came of everything, and remembers what should not have happened. */
export class Tally {
  readonly #kinds = new Map<string, Outcomes>();
  readonly #faults = new Map<string, number>();
  #recent: number[] = [];
  /** What went wrong, in words. */
  readonly complaints: string[] = [];
  readonly #onComplaint: (text: string) => void;

  constructor(onComplaint: (text: string) => void) {
    this.#onComplaint = onComplaint;
  }

  count(kind: string, outcome: Outcome, durationMs: number, complaint?: string): void {
    const outcomes = this.#of(kind);
    outcomes[outcome]++;
    if (outcome === 'right') this.#time(outcomes, durationMs);
    if (outcome === 'wrong' || outcome === 'unexpected') this.complain(`${outcome} (${kind}): ${complaint}`);
  }

  complain(text: string): void {
    this.complaints.push(text);
    this.#onComplaint(text);
  }

  fault(kind: string): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
  }

  total(outcome: Outcome): number {
    return [...this.#kinds.values()].reduce((sum, outcomes) => sum + outcomes[outcome], 0);
  }

  /** Half and nearly all of the durations since the last time this was asked, in ms. */
  recent(): { p50: number; p99: number } {
    const durations = this.#recent;
    this.#recent = [];
    return percentiles(durations);
  }

  /** The final table. */
  table(): string {
    const rows = [...this.#kinds].sort().map(([kind, outcomes]) => {
      const { right, excused, unexpected, wrong, durations } = outcomes;
      const { p50, p99 } = percentiles(durations);
      return [kind, right, excused, unexpected, wrong, p50, p99];
    });
    const faults = [...this.#faults].sort().map(([kind, count]) => `${kind} ${count}`);
    return `${columns([['kind', 'right', 'excused', 'unexpected', 'wrong', 'p50 ms', 'p99 ms'], ...rows])}\nfaults: ${faults.join(', ') || 'none'}`;
  }

  #of(kind: string): Outcomes {
    const known = this.#kinds.get(kind);
    if (known) return known;
    const outcomes = { right: 0, excused: 0, unexpected: 0, wrong: 0, durations: [] };
    this.#kinds.set(kind, outcomes);
    return outcomes;
  }

  #time({ durations, right }: Outcomes, durationMs: number): void {
    this.#recent.push(durationMs);
    if (durations.length < MAX_DURATIONS) durations.push(durationMs);
    else durations[right % MAX_DURATIONS] = durationMs;
  }
}

function percentiles(durations: readonly number[]): { p50: number; p99: number } {
  const sorted = [...durations].sort((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Rows as text, each column as wide as its widest cell. */
export function columns(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => String(row[index]).length)));
  const line = (row: readonly (string | number)[]) =>
    row.map((cell, index) =>
      index === 0 ? String(cell).padEnd(widths[0] ?? 0) : String(cell).padStart(widths[index] ?? 0),
    );
  return rows.map((row) => line(row).join('  ')).join('\n');
}
