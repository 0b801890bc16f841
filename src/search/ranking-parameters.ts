import type { Field } from './fields.ts';

/** Features by which the second stage ranks the best candidates, computed by `featuresOf`; most go from 0 to 1. */
export const FEATURES = [
  'logScore',
  'covered',
  'inDetails',
  'inParameters',
  'inParameterDetails',
  'summaryPrecision',
  'sameAction',
  'otherAction',
  'writesUnasked',
  'pluralList',
  'nameGrams',
  'nameGramsAsked',
  'queryGramsMet',
  'summaryGrams',
  'pairsInName',
  'pairsInSummary',
  'nameLength',
  'length',
  'required',
] as const;

export type Feature = (typeof FEATURES)[number];
/** Every number that the ranking depends on. The benchmark takes each away in turn: see test/bench/README.md. */
export interface Ranking {
  /** Weight of a word in each field of the index. */
  readonly fields: Readonly<Record<Field, number>>;
  /** Weights of words that stand for a word of the query, which itself has 1; 0 disables the kind. */
  readonly standIns: Readonly<Record<StandIn, number>>;
  /**
   * Weights of words beside the request's verb and object: of others in its clause (`with`, `for`, `named` …), and of
   * those in other clauses. A word that a server's name has weighs 1 anywhere.
   */
  readonly roles: { readonly adjunct: number; readonly outside: number };
  /** Weight of a query's words that are data of the user: quoted texts, ids, dates, addresses. */
  readonly literal: number;
  /**
   * Ratio of BM25+ to rarity at which a word counts half of its importance: one word, however often a tool has it, must
   * not outweigh the rest of the query.
   */
  readonly saturation: number;
  /** Exponent of the share of the query that a tool covers. */
  readonly coverage: number;
  /** Number of best tools that the second stage ranks again by `features`; 0 for none. */
  readonly depth: number;
  /**
   * Most tools nearest in meaning that join those that the second stage ranks, and the least share of the best score that
   * such a tool is taken to have.
   */
  readonly meaning: { readonly joining: number; readonly share: number };
  readonly features: Readonly<Record<Feature, number>>;
}

/** `form`: another form of the word; `server`: a server's name that begins or ends with the word. */
export type StandIn = 'form' | 'synonym' | 'prefix' | 'fuzzy' | 'server';

/**
 * The numbers in use. Without a part `main` loses points of Recall@5 / MRR: server part 1.8 / 2.4, form 1.0 / −0.2,
 * details 0.6 / 0.1, summary 0.2 / 0.9, coverage 0.9 / 1.3, second stage 0.3 / 1.6, saturation 0.1 / 0.7, synonyms −0.3
 * / 0.5; `bfcl` without names 1.8 / 1.7, without parameters' descriptions 0.6 / 0.9. `test/bench/fit.ts` prints the
 * weights of `features`.
 */
export const RANKING: Ranking = {
  fields: { name: 2, server: 2, summary: 1.3, details: 0.6, parameters: 0.8, parameterDetails: 0.25 },
  standIns: { form: 0.5, synonym: 0.2, prefix: 0.3, fuzzy: 0.5, server: 0.7 },
  roles: { adjunct: 0.7, outside: 0.8 },
  literal: 0.2,
  saturation: 3,
  coverage: 1,
  depth: 40,
  meaning: { joining: 10, share: 0.1 },
  features: {
    logScore: 3.999,
    covered: 0.646,
    inDetails: 0.873,
    inParameters: 1.314,
    inParameterDetails: 0.875,
    summaryPrecision: 1.265,
    sameAction: 0.373,
    otherAction: -0.371,
    writesUnasked: -0.5,
    pluralList: 0.374,
    nameGrams: 1.033,
    nameGramsAsked: 0.499,
    queryGramsMet: 0.606,
    summaryGrams: 1.032,
    pairsInName: 1.264,
    pairsInSummary: 0.82,
    nameLength: -0.348,
    length: 0.138,
    required: -0.241,
  },
};
