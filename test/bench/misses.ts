import { FEATURES } from '../../src/search/ranking-parameters.ts';
import { type Example, ordered, type Weights } from './examples.ts';

const SHOWN = 5;
/** Least share of a score, as a part of the difference of two tools, that is shown. */
const MIN_PART = 0.02;

/** Returns lines about the queries of a source whose answers are not all among the first `within` tools. */
export function missesOf(examples: readonly Example[], weights: Weights, within: number): string[] {
  const lines = examples.map((one) => missOf(one, weights, within)).filter((miss) => miss.length > 0);
  return [...lines.flat(), `${lines.length} of ${examples.length} queries`];
}

function missOf(example: Example, weights: Weights, within: number): string[] {
  const { query, ids, groups } = example;
  const order = ordered(example, weights);
  const places = query.groups.map((_, group) => order.findIndex((place) => groups[place] === group));
  if (places.every((place) => place >= 0 && place < within)) return [];
  const told = query.groups.map((group, at) => `${group.join(' or ')} ${placeOf(places[at] ?? -1)}`);
  const gold = order[Math.max(...places)];
  const wrong = order.find((place) => groups[place] === -1);
  const compared = gold !== undefined && wrong !== undefined ? [`  ${partsOf(example, weights, gold, wrong)}`] : [];
  return [
    `${query.id}  ${query.query.replace(/\s+/g, ' ')}`,
    `  gold   ${told.join('; ')}`,
    `  found  ${order
      .slice(0, SHOWN)
      .map((place) => ids[place])
      .join(', ')}`,
    ...compared,
  ];
}

const placeOf = (place: number) => (place < 0 ? '(not among the candidates)' : `(place ${place + 1})`);

/** Returns what each feature gives the right tool more than the wrong one, most telling first: weight × difference. */
function partsOf({ features }: Example, weights: Weights, right: number, wrong: number): string {
  const width = weights.length;
  const parts = FEATURES.map((feature, at) => {
    const by = (features[right * width + at] ?? 0) - (features[wrong * width + at] ?? 0);
    return { feature, part: by * (weights[at] ?? 0) };
  });
  const total = parts.reduce((sum, { part }) => sum + part, 0);
  const telling = parts.filter(({ part }) => Math.abs(part) >= MIN_PART);
  telling.sort((a, b) => Math.abs(b.part) - Math.abs(a.part));
  const signed = (x: number) => (x > 0 ? '+' : '') + x.toFixed(2);
  return `gold − wrong ${signed(total)}: ${telling.map(({ feature, part }) => `${feature} ${signed(part)}`).join(', ')}`;
}
