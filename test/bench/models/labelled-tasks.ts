import { readData } from '../data.ts';
import { groupBy, shuffled } from './lists.ts';
import type { Task, Tool } from './task.ts';

/** More things than this in one text are another experiment. */
const MOST_STEPS = 3;

/**
 * So many labelled queries as tasks, dealt out over their sets. Which tools answer them is known, but not with which
 * values, and not which tools only read.
 */
export function labelledTasks(folder: string, pool: readonly Tool[], count: number, seed: number): Task[] {
  const known = new Map(pool.map((tool) => [tool.id, tool]));
  const queries = readData(folder, ['main', 'dev2']).flatMap(({ queries: own }) => own);
  const tasks = queries.flatMap(({ id, set, query, groups }) => {
    const isKnown = groups.every((group) => group.some((tool) => known.has(tool)));
    if (!isKnown || groups.length === 0 || groups.length > MOST_STEPS) return [];
    const servers = [...new Set(groups.flat().flatMap((tool) => known.get(tool)?.server ?? []))];
    const steps = groups.map((tools) => ({ tools }));
    return [{ set, task: { id, prompt: query, servers, steps, also: [], says: [], missing: false, hasHints: false } }];
  });
  const sets = [...groupBy(tasks, ({ set }) => set).values()].map((own) =>
    shuffled(own, ({ task }) => task.id, `${seed}`),
  );
  const turns = Math.max(0, ...sets.map(({ length }) => length));
  const dealt = Array.from({ length: turns }, (_, turn) => sets.flatMap((own) => own[turn]?.task ?? []));
  return dealt.flat().slice(0, count);
}
