import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ToolEntry, toolId } from '../../src/core/tool.ts';
import { fieldTerms } from '../../src/search/fields.ts';
import { candidates } from '../../src/search/rank.ts';
import { FEATURES, RANKING } from '../../src/search/ranking-parameters.ts';
import { ToolIndex } from '../../src/search/tool-index.ts';
import { cached, filesIn } from './cache.ts';
import { type LabelledData, readData } from './data.ts';
import { type Row, score } from './measure.ts';
import { type SourcedQuery, sourced } from './sources.ts';

/** A query with the best tools of the first stage, best first. */
export interface Example {
  readonly query: SourcedQuery;
  readonly ids: readonly string[];
  /** Features of the tools, one row after the other, each in the order of `FEATURES`. */
  readonly features: Float64Array;
  /** By tool: the group of the query's answers that it belongs to, −1 for none. */
  readonly groups: Int16Array;
}

/** Weights of the second stage, in the order of `FEATURES`. */
export type Weights = Float64Array;

/** Names of all folders of labelled data. */
export const DATA = ['main', 'dev2', 'bfcl', 'seal'] as const;

/** Returns the examples of the labelled data in a folder, from the cache if neither data nor search have changed. */
export async function examplesIn(folder: string): Promise<Example[]> {
  const own = ['data', 'examples', 'sources'].map((name) => join('test/bench', `${name}.ts`));
  const files = [...filesIn('src/search', '.ts'), ...own, ...dataFiles(folder)];
  return cached('examples', files, async () => readData(folder, DATA).flatMap(examplesOf));
}

/** Returns the paths of all labelled data in a folder, those that exist. */
export function dataFiles(folder: string): string[] {
  const files = DATA.flatMap((name) => ['tools', 'queries'].map((file) => join(folder, name, `${file}.jsonl`)));
  return files.filter((file) => existsSync(file));
}

/** Returns an example of every query, also of those without the server's name. */
export function examplesOf(data: LabelledData): Example[] {
  const entries = entriesOf(data);
  const index = new ToolIndex(RANKING.fields);
  for (const [number, entry] of entries.entries()) runToEnd(index.add(number, fieldTerms(entry)));
  const entry = (number: number) => entries[number];
  return sourced(data).map((query) => {
    const found = candidates(query.query, { index, ranking: RANKING, entry });
    const groupOf = ({ id }: ToolEntry) => query.groups.findIndex((group) => group.includes(id));
    return {
      query,
      ids: found.map((one) => one.entry.id),
      features: Float64Array.from(found.flatMap((one) => FEATURES.map((feature) => one.features[feature]))),
      groups: Int16Array.from(found, (one) => groupOf(one.entry)),
    };
  });
}

/** Returns the places of an example's tools under the weights, best first, ties by id. */
export function ordered(example: Example, weights: Weights): number[] {
  const values = valuesOf(example, weights);
  const { ids } = example;
  const at = (place: number) => values[place] ?? 0;
  return ids.map((_, place) => place).sort((a, b) => at(b) - at(a) || ((ids[a] ?? '') < (ids[b] ?? '') ? -1 : 1));
}

/** Returns the figures of an example under the weights. */
export function scored(example: Example, weights: Weights): Row {
  const ranked = ordered(example, weights).map((place) => example.ids[place] ?? '');
  return score(example.query, ranked);
}

function valuesOf({ ids, features }: Example, weights: Weights): Float64Array {
  const width = weights.length;
  const values = new Float64Array(ids.length);
  for (let row = 0; row < values.length; row++) {
    let value = 0;
    for (let at = 0; at < width; at++) value += (features[row * width + at] ?? 0) * (weights[at] ?? 0);
    values[row] = value;
  }
  return values;
}

/** Returns the tools as entries of a catalog. */
export function entriesOf({ tools }: LabelledData): ToolEntry[] {
  return tools.map((definition) => {
    const { server, name } = definition;
    return { id: toolId(server, name), server, tags: [], definition };
  });
}

function runToEnd(steps: Generator<void>): void {
  while (!steps.next().done);
}
