import { isJsonObject } from '../core/json.ts';
import type { ToolDefinition, ToolEntry } from '../core/tool.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { textOf, titleOf } from './fields.ts';
import type { Match } from './fit-of-hits.ts';
import { signature } from './signature.ts';

/** A hit as it is shown. */
export interface ShownHit {
  readonly entry: ToolEntry;
  readonly match?: Match | undefined;
}

/** One tool in the answer of `search`, with enough to invoke a simple one. */
export interface SearchResult {
  readonly id: string;
  readonly signature: string;
  /** First sentences on one line; `…` at the end if text was left out. */
  readonly description: string;
  /** How well the tool fits; absent: no tool of the answer seems to fit. */
  readonly match?: Match;
  /** The effect that the tool claims in its annotations; absent: none. */
  readonly effect?: 'readOnly' | 'destructive';
}

// Most characters of signature and description, from the size used if there is room down to the smallest.
const SIZES = [
  { signatureChars: 300, descriptionChars: 100 },
  { signatureChars: 220, descriptionChars: 90 },
  { signatureChars: 160, descriptionChars: 80 },
  { signatureChars: 100, descriptionChars: 60 },
  { signatureChars: 80, descriptionChars: 40 },
  { signatureChars: 50, descriptionChars: 20 },
  { signatureChars: 20, descriptionChars: 0 },
] as const;

/** Longest id that is shown, in characters: callers pass ids back to invoke, so an id is shown whole or not at all. */
const MAX_ID_CHARS = 300;

const ELLIPSIS = '…';
const MAX_READ_CHARS = 4000;
const MIN_KEPT_SHARE = 0.4;

type Size = (typeof SIZES)[number];

interface Sized {
  readonly result: SearchResult;
  readonly tokens: number;
}

interface Whole {
  readonly hit: ShownHit;
  readonly most: Sized;
}

interface Candidate extends Whole {
  readonly least: Sized;
}

/**
 * Returns the results of a search in the order of the hits, as JSON of at most `budgetTokens` estimated tokens: it
 * shortens long texts first. `omitted` counts hits left out because of an id over 300 characters or for want of room.
 */
export function searchResults(
  hits: readonly ShownHit[],
  { budgetTokens = searchBudget(hits.length) }: { budgetTokens?: number } = {},
): { results: SearchResult[]; omitted: number } {
  const whole = hits.filter(({ entry }) => entry.id.length <= MAX_ID_CHARS).map(candidate);
  // Most answers have room for everything, so the smallest size of each result is not computed.
  const isEnough = sum(whole.map(({ most }) => most.tokens)) <= budgetTokens;
  const results = isEnough ? whole.map(({ most }) => most.result) : shortened(whole, budgetTokens);
  return { results, omitted: hits.length - results.length };
}

function shortened(whole: readonly Whole[], budgetTokens: number): SearchResult[] {
  const candidates = fitting(whole.map(withLeast), budgetTokens);
  const spare = budgetTokens - sum(candidates.map(({ least }) => least.tokens));
  const wishes = candidates.map(({ most, least }) => most.tokens - least.tokens);
  const share = fairShare(wishes, spare);
  return candidates.map((one) => within(one, one.least.tokens + share));
}

/** Returns the token budget of that many results: 1,400 for up to ten, 4,000 for fifty. */
export function searchBudget(results: number): number {
  return 1400 + 65 * Math.max(0, results - 10);
}

/** Returns the beginning of a server's text, on one line and without invisible characters; `…` marks a cut. */
export function firstSentences(text: string, maxChars: number): string {
  if (maxChars === 0) return '';
  // Joiners between letters of some scripts are invisible and part of the word, so they stay.
  const line = text
    .slice(0, MAX_READ_CHARS)
    .replace(/(?:(?![\u200c\u200d])[\p{C}\s])+/gu, ' ')
    .trim();
  if (line.length <= maxChars && text.length <= MAX_READ_CHARS) return line;
  const start = line.slice(0, maxChars - ELLIPSIS.length);
  const sentences = /^.*(?:[.!?](?= )|[。!?])/u.exec(start)?.[0] ?? '';
  if (sentences.length >= maxChars * MIN_KEPT_SHARE) return `${sentences}${ELLIPSIS}`;
  const words = start.slice(0, Math.max(0, start.lastIndexOf(' ')));
  const kept = words.length >= maxChars * MIN_KEPT_SHARE ? words : start.replace(/[\ud800-\udbff]$/, '');
  return `${kept}${ELLIPSIS}`;
}

function candidate(hit: ShownHit): Whole {
  return { hit, most: render(hit, SIZES[0]) };
}

function withLeast(whole: Whole): Candidate {
  return { ...whole, least: render(whole.hit, SIZES[SIZES.length - 1] ?? SIZES[0]) };
}

function render({ entry, match }: ShownHit, { signatureChars, descriptionChars }: Size): Sized {
  const { definition } = entry;
  const result = {
    id: entry.id,
    signature: signature(definition, signatureChars),
    description: firstSentences(textOf(definition.description) || titleOf(definition), descriptionChars),
    ...(match && { match }),
    ...effectOf(definition),
  };
  return { result, tokens: estimateTokens(`${JSON.stringify(result)},`) };
}

function effectOf({ annotations }: ToolDefinition): Pick<SearchResult, 'effect'> {
  if (!isJsonObject(annotations)) return {};
  if (annotations.readOnlyHint === true) return { effect: 'readOnly' };
  return annotations.destructiveHint === true ? { effect: 'destructive' } : {};
}

function within({ hit, most, least }: Candidate, maxTokens: number): SearchResult {
  if (most.tokens <= maxTokens) return most.result;
  const sizes = SIZES.slice(1, -1).map((size) => render(hit, size));
  return (sizes.find(({ tokens }) => tokens <= maxTokens) ?? least).result;
}

// Returns the best candidates that fit at their smallest size.
function fitting(candidates: readonly Candidate[], budgetTokens: number): Candidate[] {
  let used = 0;
  return candidates.filter(({ least }) => {
    used += least.tokens;
    return used <= budgetTokens;
  });
}

// Returns the largest share such that each wish, granted up to that share, fits the budget.
function fairShare(wishes: readonly number[], budget: number): number {
  const ascending = wishes.toSorted((a, b) => a - b);
  let left = budget;
  for (const [at, wish] of ascending.entries()) {
    const share = left / (ascending.length - at);
    if (wish > share) return share;
    left -= wish;
  }
  return Number.POSITIVE_INFINITY;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
