import type { Scenario } from './scenario.ts';
import { edge } from './scenarios/edge.ts';
import { found } from './scenarios/found.ts';
import { httpMemory } from './scenarios/http-memory.ts';
import { index } from './scenarios/index.ts';
import { latency } from './scenarios/latency.ts';
import { npx } from './scenarios/npx.ts';
import { payload } from './scenarios/payload.ts';
import { resources } from './scenarios/resources.ts';
import { search } from './scenarios/search.ts';
import { shared } from './scenarios/shared.ts';
import { startup } from './scenarios/startup.ts';
import { throughput } from './scenarios/throughput.ts';
import { wakeUpsOfAnIdle } from './scenarios/wake-ups.ts';

/** In the order of the table. */
const SCENARIOS: readonly Scenario[] = [
  ...[startup, ...found, ...latency, ...throughput, resources, search, index, httpMemory, edge, shared],
  ...[...payload, wakeUpsOfAnIdle, npx],
];

export const NAMES = SCENARIOS.map(({ name }) => name);

/** The scenarios whose names begin with what `only` lists; without it those of the table, or all. Throws on a word that is no beginning. */
export function chosenBy({
  only,
  all,
}: {
  readonly only?: string | undefined;
  readonly all: boolean;
}): readonly Scenario[] {
  if (only === undefined) return SCENARIOS.filter(({ more }) => all || !more);
  const words = only.split(',');
  const unknown = words.find((word) => word === '' || !NAMES.some((name) => name.startsWith(word)));
  if (unknown !== undefined) throw new Error(`--only: there is no ${unknown}; there are ${NAMES.join(', ')}`);
  return SCENARIOS.filter(({ name }) => words.some((word) => name.startsWith(word)));
}
