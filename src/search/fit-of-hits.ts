import type { DocumentWords } from './documents.ts';
import type { QueryView } from './features.ts';
import { FIELDS, type Field } from './fields.ts';
import type { ToolIndex } from './tool-index.ts';

/** `strong`: the tool most probably does what is asked; `weak`: it may. */
export type Match = 'strong' | 'weak';

/**
 * The facts that tell whether a tool fits a query at all, whatever the weights of the ranking. Amounts are logarithms of numbers
 * of words. Words of the query that no tool has count as not met. Rarity is relative to that of a word that no tool has.
 */
export const FIT_FACTS = [
  // Share of the tool's name that the query asks for, by rarity, from 0 to 1.
  'nameAsked',
  // Share of the query's words that the tool has, from 0 to 1.
  'wordShare',
  // Amounts of words that the tool has: anywhere, in name, server or summary, and anywhere by rarity.
  'wordsMet',
  'wordsInHeadline',
  'rarityMet',
  // Rarity of the rarest word that is not met, from 0 to 1.
  'rarestUnmet',
  // Amount of tools in the index, in tenths: among many, a few words are met by chance.
  'size',
] as const;

export type FitFacts = Readonly<Record<(typeof FIT_FACTS)[number], number>>;

/** Weights of the facts, and what is added to them; `test/bench/nothing.ts` fits them. */
const WEIGHTS: FitFacts = {
  nameAsked: 0.99,
  wordShare: 2.19,
  wordsMet: 1.11,
  wordsInHeadline: 1.67,
  rarityMet: 3.18,
  rarestUnmet: -2.48,
  size: -3.72,
};
const BIAS = -1.82;

/** Number of best hits of which one has to fit for the query to be met. */
export const JUDGED = 3;

/** Least fit of a tool that seems to fit, of one that does most probably, and least share of the best score for that. */
const FITTING = 0.09;
const STRONG = 0.6;
const STRONG_SHARE = 0.3;

/**
 * Nearness in meaning from which a tool seems to fit, whatever its words. With a weak encoder 53 % of the queries that a
 * tool answers have one so near among the best three, and 5 % of those that none answers.
 */
const CLEARLY_NEAR = 0.4;

/** Places at which a tool is shown unless it is hopeless, and least shares of the best score within and beyond them. */
const FIRST_PLACES = 5;
const HOPELESS_SHARE = 0.0001;
const NEAR_SHARE = 0.05;

/** Least strength of a word in a name that counts as the word of the query or another form of it. */
const FORM = 0.5;

const NAMES: readonly Field[] = ['name', 'server'];
const HEADLINE: readonly Field[] = ['name', 'server', 'summary'];

/** A query compared with the index. */
export interface Need {
  readonly view: QueryView;
  /** Summed weights of its words that no tool has. */
  readonly unknown: number;
  /** Words of its verb and its object, known or not. */
  readonly asked: readonly string[];
}

/** How a hit stands to the query and to the best hit, both from 0 to 1. */
export interface Standing {
  /** Probability that the tool fits, were there as many queries that a tool fits as others. */
  readonly fit: number;
  /** Score as a share of the best one. */
  readonly share: number;
}

/** Returns the facts about a tool. */
export function fitFacts({ view, unknown }: Need, words: DocumentWords, index: ToolIndex): FitFacts {
  const { concepts } = view;
  const anywhere = strengths(view, words, FIELDS);
  const headline = strengths(view, words, HEADLINE);
  const top = index.rarity(0);
  let [all, met, inHeadline, rarity] = [unknown, 0, 0, 0];
  let rarestUnmet = unknown > 0 ? 1 : 0;
  for (const [at, { weight, importance }] of concepts.entries()) {
    const strength = anywhere[at] ?? 0;
    all += weight;
    met += weight * strength;
    inHeadline += weight * (headline[at] ?? 0);
    rarity += (importance / top) * strength;
    rarestUnmet = Math.max(rarestUnmet, (importance / top) * (1 - strength));
  }
  return {
    nameAsked: nameAsked(view, words),
    wordShare: met / (all || 1),
    wordsMet: Math.log1p(met),
    wordsInHeadline: Math.log1p(inHeadline),
    rarityMet: Math.log1p(rarity),
    rarestUnmet,
    size: Math.log1p(index.size) / 10,
  };
}

/** Returns the fit of a tool, from 0 to 1. */
export function fitOf(facts: FitFacts): number {
  const odds = FIT_FACTS.reduce((sum, fact) => sum + WEIGHTS[fact] * facts[fact], BIAS);
  return 1 / (1 + Math.exp(-odds));
}

/** Returns the fit that a tool has at least, by its nearness in meaning: enough for a weak match, never for a strong one. */
export function fitByMeaning(nearness: number): number {
  return nearness >= CLEARLY_NEAR ? FITTING : 0;
}

/**
 * Returns the fit that a tool has at least if its name, with that of its server, has verb and object of the request: enough for
 * a weak match. Among thousands of tools with these words all of them are common, and the facts alone would say that none fits.
 */
export function fitByName({ view, unknown, asked }: Need, words: DocumentWords): number {
  const { concepts } = view;
  const met = strengths(view, words, NAMES);
  const isMet = (word: string) => (met[concepts.findIndex((one) => one.word === word)] ?? 0) >= FORM;
  // One word of several says too little.
  const isEnough = asked.length > 1 || (asked.length === concepts.length && unknown === 0);
  return asked.length > 0 && isEnough && asked.every(isMet) ? FITTING : 0;
}

/** True if any of the best hits seems to fit. */
export function anyFits(hits: readonly Standing[]): boolean {
  return hits.slice(0, JUDGED).some(({ fit }) => fit >= FITTING);
}

export function matchOf({ fit, share }: Standing): Match {
  return fit >= STRONG && share >= STRONG_SHARE ? 'strong' : 'weak';
}

/** True if a hit at this place, counted from 0, is near enough to the best one to be shown. */
export function isNear(place: number, share: number): boolean {
  return share >= (place < FIRST_PLACES ? HOPELESS_SHARE : NEAR_SHARE);
}

/** Returns how well words of the fields meet each concept, from 0 to 1. */
function strengths(view: QueryView, { fields }: DocumentWords, which: readonly Field[]): Float64Array {
  const best = new Float64Array(view.concepts.length);
  for (const field of which) {
    for (const id of fields[field]) {
      for (const { concept, weight } of view.meetings(id)) if (weight > (best[concept] ?? 0)) best[concept] = weight;
    }
  }
  return best;
}

// Words of the server's name are left out: all of its tools share them.
function nameAsked(view: QueryView, { fields }: DocumentWords): number {
  let [all, asked] = [0, 0];
  for (const id of fields.name) {
    if (fields.server.includes(id)) continue;
    const { rarity, strongest } = view.word(id);
    all += rarity;
    asked += rarity * strongest;
  }
  return all > 0 ? asked / all : 0;
}
