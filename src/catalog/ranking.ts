import type { SearchOptions } from 'minisearch';
import type { SearchDocument } from './fields.ts';

/** Fields of the index, and how much a match in each weighs. */
export const FIELD_WEIGHTS = {
  name: 3,
  title: 2,
  description: 1,
  server: 1,
} satisfies Partial<Record<keyof SearchDocument, number>>;

const MIN_PREFIX_CHARS = 2;
const MIN_FUZZY_CHARS = 4;
const FUZZY_EDITS_PER_CHAR = 0.2;

/** How a query is matched: any of its terms, by prefix and with typing errors where a term is long enough to mean something. */
export const MATCHING: SearchOptions = {
  boost: FIELD_WEIGHTS,
  combineWith: 'OR',
  prefix: (term) => term.length >= MIN_PREFIX_CHARS,
  fuzzy: (term) => (term.length >= MIN_FUZZY_CHARS ? FUZZY_EDITS_PER_CHAR : false),
};
