import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { anyFits, FIT_FACTS, type FitFacts, fitOf, isNear, matchOf } from '../../src/search/fit-of-hits.ts';
import { logistic, oddsOf, type Sample } from './logistic.ts';
import { type Judged, judgedIn } from './nothing-data.ts';
import { groupedBy, isApart } from './sources.ts';
import { percent } from './spread.ts';

/** Returns the fit of a hit by its facts. */
type Fit = (facts: readonly number[]) => number;

/** What each kind of query counts in a fit; those whose server was left out may have another answer after all. */
const SHARES: Readonly<Record<Judged['kind'], number>> = { answered: 1, nothing: 0.6, 'left out': 0.4 };
const FIRST = 5;

/** Fits what tells whether a tool fits, each source left out in turn, and reports; prints the weights fitted on all. */
export async function run(): Promise<number> {
  const folder = resolve(process.env.TOOL_SEARCH_DATA ?? '../shared/retrieval');
  if (!existsSync(folder)) return print([`skipped: no labelled data in ${folder}`]);
  const judged = await judgedIn(folder);
  const weights = logistic(samplesOf(judged));
  const names = [...FIT_FACTS, 'bias'];
  return print([
    ...nothingLines('weights in use', judged, () => fitInUse),
    ...nothingLines('left out', judged, leftOut(judged)),
    ...cutLines(judged),
    '\nfitted on all:',
    ...names.map((name, at) => `  ${name}: ${(weights[at] ?? 0).toFixed(2)},`),
  ]);
}

/** Returns lines on how often "nothing fits" is said, rightly and wrongly, by the weights in use. */
export async function nothingReport(folder: string): Promise<string[]> {
  const judged = await judgedIn(folder);
  return [...nothingLines('weights in use', judged, () => fitInUse), ...cutLines(judged)];
}

const fitInUse: Fit = (facts) =>
  fitOf(Object.fromEntries(FIT_FACTS.map((fact, at) => [fact, facts[at] ?? 0])) as unknown as FitFacts); // all are there

function leftOut(judged: readonly Judged[]): (one: Judged) => Fit {
  const parts = groupedBy(judged, partOf);
  const fits = new Map<string, Fit>();
  for (const part of parts.keys()) {
    const weights = logistic(samplesOf(judged.filter((one) => partOf(one) !== part)));
    fits.set(part, (facts) => oddsOf(facts, weights));
  }
  return (one) => fits.get(partOf(one)) ?? fitInUse;
}

// The same queries stand for nothing in several catalogs: they are left out by halves.
function partOf({ kind, family, query }: Judged): string {
  return kind === 'nothing' ? `nothing ${(createHash('sha1').update(query).digest()[0] ?? 0) % 2}` : family;
}

/** Right tools that are found, and the nearest tools where none is right; sources of a kind have the same weight. */
function samplesOf(judged: readonly Judged[]): Sample[] {
  const usable = judged.flatMap((one) => {
    const hit = one.kind === 'answered' ? one.hits.slice(0, FIRST).find(({ isGold }) => isGold) : one.hits[0];
    return hit ? [{ ...one, facts: hit.facts }] : [];
  });
  return [...groupedBy(usable, ({ kind }) => kind).values()].flatMap((ofKind) => {
    const sources = groupedBy(ofKind, ({ source }) => source);
    return [...sources.values()].flatMap((own) =>
      own.map(({ kind, facts }) => {
        return { facts, isTrue: kind === 'answered', weight: SHARES[kind] / sources.size / own.length };
      }),
    );
  });
}

function nothingLines(label: string, judged: readonly Judged[], fitFor: (one: Judged) => Fit): string[] {
  const isSaid = (one: Judged) => !anyFits(one.hits.map(({ facts, share }) => ({ fit: fitFor(one)(facts), share })));
  const shares = [...groupedBy(judged, ({ kind, source }) => (kind === 'left out' ? kind : `${kind}|${source}`))].map(
    ([key, own]) => ({ key, source: key.split('|')[1] ?? key, share: own.filter(isSaid).length / own.length }),
  );
  const answered = shares.filter(({ key, source }) => key.startsWith('answered') && !isApart(source));
  const nothing = shares.filter(({ key }) => key.startsWith('nothing'));
  const mean = (of: typeof shares) => of.reduce((sum, { share }) => sum + share, 0) / of.length;
  const worst = answered.toSorted((a, b) => b.share - a.share).slice(0, 3);
  const told = (of: typeof shares) => of.map(({ source, share }) => `${source} ${percent(share)}`).join(', ');
  const precision = mean(nothing) / (mean(nothing) + mean(answered));
  return [
    `\n"nothing fits", ${label}`,
    `  said where a tool exists: ${percent(mean(answered))} % of queries, mean over sources; most: ${told(worst)}`,
    `  recall where none exists: ${percent(mean(nothing))} %: ${told(nothing)}`,
    `  precision, were there as many of both: ${percent(precision)} %`,
    `  recall where the server that answers was taken away: ${told(shares.filter(({ key }) => key === 'left out'))}`,
  ];
}

/** Returns lines on what is sent: how many hits, how many right ones are lost by the cut, how right strong matches are. */
function cutLines(judged: readonly Judged[]): string[] {
  const answered = judged.filter(({ kind, source }) => kind === 'answered' && !isApart(source));
  const sizes = answered.map(({ hits }) => hits.filter(({ share }, at) => isNear(at, share)).length);
  const losses = [...groupedBy(answered, ({ source }) => source)].map(([source, own]) => {
    const isLost = ({ hits }: Judged) => {
      const at = hits.findIndex(({ isGold }) => isGold);
      return at >= 0 && at < FIRST && !isNear(at, hits[at]?.share ?? 0);
    };
    return { source, share: own.filter(isLost).length / own.length };
  });
  const [most] = losses.toSorted((a, b) => b.share - a.share);
  const strong = answered.flatMap(({ hits }) =>
    hits.filter(({ facts, share }) => matchOf({ fit: fitInUse(facts), share }) === 'strong'),
  );
  const right = strong.filter(({ isGold }) => isGold).length / (strong.length || 1);
  const ascending = sizes.toSorted((a, b) => a - b);
  const average = sizes.reduce((sum, size) => sum + size, 0) / (sizes.length || 1);
  return [
    '\nwhat is sent of ten hits',
    `  hits: median ${ascending[Math.floor(ascending.length / 2)]}, mean ${average.toFixed(1)}`,
    `  Recall@5 lost by the cut, most: ${percent(most?.share ?? 0)} (${most?.source})`,
    `  strong matches: ${(strong.length / answered.length).toFixed(2)} a query, right ${percent(right)} %`,
  ];
}

function print(lines: readonly string[]): number {
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
