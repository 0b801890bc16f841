import { isJsonObject } from '../core/json.ts';
import type { ToolDefinition, ToolEntry } from '../core/tool.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { excerpt, firstSentences } from './excerpt.ts';
import { textOf, titleOf } from './fields.ts';
import type { Match } from './fit-of-hits.ts';
import { matchReason } from './match-reason.ts';
import { parameterNotes } from './parameter-notes.ts';
import type { QueryReader } from './query-reader.ts';
import { type SaidOnce, saidOnce } from './shared-parameters.ts';
import { type SignatureOptions, signature } from './signature.ts';

/** A hit as it is shown. */
export interface ShownHit {
  readonly entry: ToolEntry;
  readonly match?: Match | undefined;
}

/** One tool in the answer of `search`, with enough to invoke a simple one. */
export interface SearchResult {
  readonly id: string;
  readonly signature: string;
  /** The part of the tool's description that fits the query, on one line; `…` marks text left out. */
  readonly description: string;
  /** Why the tool was found, if neither id nor signature nor description shows it; see `matchReason`. */
  readonly matched?: string;
  /** Of the first result: what to know about parameters beside their names and types; see `parameterNotes`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** How well the tool fits; absent: no tool of the answer seems to fit. */
  readonly match?: Match;
  /** The effect that the tool claims in its annotations; absent: none. */
  readonly effect?: 'readOnly' | 'destructive';
}

/** The results of one query; each member but `results` may be absent. */
export interface SearchResults {
  readonly results: SearchResult[];
  /** Number of hits left out for want of room. */
  readonly omitted: number;
  /** By server: optional parameters that all of its tools among the results take, left out of their signatures. */
  readonly sharedParameters?: Readonly<Record<string, string>>;
}

/** What results are shown by; each member may be absent. */
export interface ResultsOptions {
  readonly budgetTokens?: number;
  /** Chooses the part of a description that is shown; absent: its beginning. */
  readonly reader?: QueryReader;
  /** Returns the names of the optional parameters that most tools of a server have. */
  readonly sharedOf?: (server: string) => ReadonlySet<string>;
  /** Returns the kinds of content that a tool is known to give back beside text. */
  readonly contentsOf?: (entry: ToolEntry) => readonly string[];
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

/** Most of the budget for what is said once of several results. */
const MAX_SAID_SHARE = 0.25;

const NO_NAMES: ReadonlySet<string> = new Set();

type Size = (typeof SIZES)[number];

/** By definition, which never changes: its last signature at the largest size, with what it was rendered by. */
const signatures = new WeakMap<ToolDefinition, { shared: SignatureOptions['shared']; rest: string; text: string }>();
const starts = new WeakMap<ToolDefinition, string>();

interface Sized {
  readonly result: SearchResult;
  readonly tokens: number;
}

/** How the hits of an answer are shown. */
interface Shape extends ResultsOptions {
  readonly sharedOf: (server: string) => ReadonlySet<string>;
  readonly said: SaidOnce;
  readonly isFirst: boolean;
}

interface Whole {
  readonly hit: ShownHit;
  readonly shape: Shape;
  readonly most: Sized;
}

interface Candidate extends Whole {
  readonly least: Sized;
}

/**
 * Returns the results of a search in the order of the hits, as JSON of at most `budgetTokens` estimated tokens: it
 * shortens long texts first.
 */
export function searchResults(hits: readonly ShownHit[], options: ResultsOptions = {}): SearchResults {
  const { budgetTokens = searchBudget(hits.length), sharedOf = () => NO_NAMES } = options;
  const { said, tokens } = saidWithin(
    hits.map(({ entry }) => entry),
    sharedOf,
    budgetTokens * MAX_SAID_SHARE,
  );
  const isSaid = said.omitted.size > 0;
  const room = budgetTokens - tokens;
  const whole = hits.map((hit, place) => candidate(hit, { ...options, sharedOf, said, isFirst: place === 0 }));
  // Most answers have room for everything, so the smallest size of each result is not computed.
  const isEnough = sum(whole.map(({ most }) => most.tokens)) <= room;
  const results = isEnough ? whole.map(({ most }) => most.result) : shortened(whole, room);
  return { results, omitted: hits.length - results.length, ...(isSaid && { sharedParameters: said.texts }) };
}

/** Returns the shared parameters that are said once, and their tokens; none if they would take too many. */
function saidWithin(
  entries: readonly ToolEntry[],
  sharedOf: Shape['sharedOf'],
  maxTokens: number,
): { said: SaidOnce; tokens: number } {
  const said = saidOnce(entries, sharedOf);
  const tokens = said.omitted.size > 0 ? estimateTokens(JSON.stringify(said.texts)) : 0;
  return tokens <= maxTokens ? { said, tokens } : { said: { omitted: new Map(), texts: {} }, tokens: 0 };
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

function candidate(hit: ShownHit, shape: Shape): Whole {
  return { hit, shape, most: render(hit, shape, SIZES[0]) };
}

function withLeast(whole: Whole): Candidate {
  return { ...whole, least: render(whole.hit, whole.shape, SIZES[SIZES.length - 1] ?? SIZES[0]) };
}

function render({ entry, match }: ShownHit, shape: Shape, size: Size): Sized {
  const { definition } = entry;
  const { reader, said, isFirst, sharedOf, contentsOf } = shape;
  const shared = sharedOf(entry.server);
  const known = { shared, omitted: said.omitted.get(entry.server), contents: contentsOf?.(entry) ?? [] };
  const shownSignature = signatureOf(definition, size, known);
  const description = describe(entry, size, reader);
  const isSmallest = size.descriptionChars === 0;
  const reason =
    isSmallest || !reader ? undefined : matchReason(entry, [entry.id, description, shownSignature], reader);
  const notes = isFirst && size === SIZES[0] ? parameterNotes(definition, shared) : undefined;
  const result = {
    id: entry.id,
    signature: shownSignature,
    description,
    ...(reason !== undefined && { matched: reason }),
    ...(notes && { parameters: notes }),
    ...(match && { match }),
    ...effectOf(definition),
  };
  return { result, tokens: estimateTokens(`${JSON.stringify(result)},`) };
}

/** Returns the signature, remembered at the largest size: most answers show that, of the same tools again and again. */
function signatureOf(definition: ToolDefinition, size: Size, options: SignatureOptions): string {
  if (size !== SIZES[0]) return signature(definition, size.signatureChars, options);
  const { shared, omitted = NO_NAMES, contents = [] } = options;
  const rest = JSON.stringify([...omitted, '', ...contents]);
  const known = signatures.get(definition);
  if (known?.shared === shared && known?.rest === rest) return known.text;
  const text = signature(definition, size.signatureChars, options);
  signatures.set(definition, { shared, rest, text });
  return text;
}

function describe({ id, definition }: ToolEntry, size: Size, reader: QueryReader | undefined): string {
  const text = textOf(definition.description) || titleOf(definition);
  const start = startOf(definition, text, size);
  return reader ? excerpt(text, size.descriptionChars, id, reader, start) : start;
}

/** Returns the beginning of a tool's description, remembered at the largest size. */
function startOf(definition: ToolDefinition, text: string, size: Size): string {
  if (size !== SIZES[0]) return firstSentences(text, size.descriptionChars);
  const known = starts.get(definition);
  if (known !== undefined) return known;
  const start = firstSentences(text, size.descriptionChars);
  starts.set(definition, start);
  return start;
}

function effectOf({ annotations }: ToolDefinition): Pick<SearchResult, 'effect'> {
  if (!isJsonObject(annotations)) return {};
  if (annotations.readOnlyHint === true) return { effect: 'readOnly' };
  return annotations.destructiveHint === true ? { effect: 'destructive' } : {};
}

function within({ hit, shape, most, least }: Candidate, maxTokens: number): SearchResult {
  if (most.tokens <= maxTokens) return most.result;
  const sizes = SIZES.slice(1, -1).map((size) => render(hit, shape, size));
  return (sizes.find(({ tokens }) => tokens <= maxTokens) ?? least).result;
}

// Returns the best candidates that fit at their smallest size; one with a long id does not keep out those behind it.
function fitting(candidates: readonly Candidate[], budgetTokens: number): Candidate[] {
  let left = budgetTokens;
  return candidates.filter(({ least }) => {
    if (least.tokens > left) return false;
    left -= least.tokens;
    return true;
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
