import { isApart } from './sources.ts';
import { type BySource, behind, difference, percent, type Spread, spreadOf, TOLD, told } from './spread.ts';

const LABEL = 27;
const CELL = 7;

/** Returns a table of sources × techniques: mean, interval, worst source and spread below, and sources that stand apart. */
export function sourceTable(techniques: ReadonlyMap<string, BySource>): string[] {
  const [first] = techniques.values();
  const sources = [...(first ?? [])].map(([source, rows]) => ({ source, size: rows.length }));
  const line = ({ source, size }: { source: string; size: number }) => {
    const cells = [...techniques.values()].map((one) => cellsOf(told(one.get(source) ?? []).map((x) => percent(x))));
    return `${source.padEnd(LABEL - 5)}${String(size).padStart(5)}${cells.join(' |')}`;
  };
  const spreads = [...techniques.values()].map((one) => spreadOf(one));
  return [
    `${''.padEnd(LABEL)}${[...techniques.keys()].map((name) => name.padStart(CELL * TOLD.length)).join(' |')}`,
    `${''.padEnd(LABEL)}${[...techniques].map(() => cellsOf(TOLD)).join(' |')}`,
    ...sources.filter(({ source }) => !isApart(source)).map(line),
    ...summary(spreads),
    ...sources.filter(({ source }) => isApart(source)).map(line),
  ];
}

/** Returns lines that name the worst source of each metric. */
export function worstLines(name: string, sources: BySource): string[] {
  const worst = spreadOf(sources, 0).map(({ worst, min }, at) => `${TOLD[at]} ${percent(min)} (${worst})`);
  return [`worst source of ${name}: ${worst.join(', ')}`];
}

/** Returns lines about the mean difference of two techniques over sources, with its paired interval. */
export function differenceLines(label: string, a: BySource, b: BySource): string[] {
  const spreads = spreadOf(difference(a, b));
  const cells = spreads.map(({ mean, interval: [low, high], min, worst }, at) => {
    const range = `[${percent(low, true)}, ${percent(high, true)}]`;
    return `  ${TOLD[at]?.padEnd(4)} ${percent(mean, true).padStart(5)} ${range}, least ${percent(min, true)} (${worst})`;
  });
  return [label, ...cells];
}

/** Returns lines that name each source in which another technique is ahead of `ours`. */
export function behindLines(label: string, ours: BySource, others: ReadonlyMap<string, BySource>): string[] {
  const found = behind(ours, others);
  return [`${label}: ${found.length === 0 ? 'none' : ''}`.trimEnd(), ...found.map((one) => `  ${one}`)];
}

function summary(techniques: readonly (readonly Spread[])[]): string[] {
  const line = (label: string, cell: (spread: Spread) => string) =>
    `${label.padEnd(LABEL)}${techniques.map((spreads) => cellsOf(spreads.map(cell))).join(' |')}`;
  return [
    line('mean', ({ mean }) => percent(mean)),
    line('  95 % interval', ({ interval: [low, high] }) => `${(100 * low).toFixed(0)}–${(100 * high).toFixed(0)}`),
    line('  worst source', ({ min }) => percent(min)),
    line('  best source', ({ max }) => percent(max)),
    line('  standard deviation', ({ deviation }) => percent(deviation)),
  ];
}

function cellsOf(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(CELL)).join('');
}
