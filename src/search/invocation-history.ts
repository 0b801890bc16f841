import { readFileSync } from 'node:fs';
import { BoundedMap } from '../core/bounded-map.ts';
import { isJsonObject } from '../core/json.ts';
import { writeFileAtomic } from '../platform/atomic-file.ts';

/** Number of invocations of a tool after a search with a word, decayed, with the time of the last one (epoch ms). */
interface Count {
  readonly weight: number;
  readonly at: number;
}

/** Counts of one word, by the id of the tool. */
type ToolCounts = BoundedMap<string, Count>;

interface Search {
  readonly words: readonly string[];
  /** Ids of the tools that the search showed. */
  readonly offered: ReadonlySet<string>;
  /** Epoch ms. */
  readonly at: number;
}

export interface UsageOptions {
  /** Absolute path of the file; absent: the history lasts for this run only. */
  readonly path?: string;
  readonly now?: () => number;
}

/** Longest time in ms between a search and an invocation that counts as its outcome. */
const SAME_ERRAND_MS = 10 * 60_000;
/** Time in ms in which a count decays to half. */
const HALF_LIFE_MS = 14 * 24 * 3_600_000;
/** Greatest bonus, as a share of the score: enough to decide between equals, not enough to bury a better match. */
const MOST = 0.1;
/** Most callers whose last search is remembered. */
const MAX_CALLERS = 1_000;
/** Most words that are remembered, and most tools of one word. */
const MAX_WORDS = 2_000;
const MAX_TOOLS = 20;
const MAX_QUERY_WORDS = 12;
const SAVE_AFTER_MS = 2_000;

/** Counts which tools were invoked after which searches: locally, decayed, bounded, stored on disk. */
export class InvocationHistory {
  readonly #options: UsageOptions;
  readonly #now: () => number;
  readonly #counts: BoundedMap<string, ToolCounts>;
  /** The last search of each caller. */
  readonly #searches: BoundedMap<string, Search>;
  #saving: NodeJS.Timeout | undefined;
  /** The words of the last query: `bonus` needs them once for each tool found. */
  #lastWords: { readonly query: string; readonly words: readonly string[] } = { query: '', words: [] };

  constructor(options: UsageOptions = {}) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const counts = options.path === undefined ? [] : read(options.path);
    this.#counts = new BoundedMap({ maxEntries: MAX_WORDS }, counts);
    const age = { maxMs: SAME_ERRAND_MS, since: ({ at }: Search) => at, now: this.#now };
    this.#searches = new BoundedMap({ maxEntries: MAX_CALLERS, age });
  }

  /** Notes that a caller was shown these tools for a query. */
  searched(caller: string, query: string, offered: readonly string[]): void {
    this.#searches.set(caller, { words: this.#wordsOf(query), offered: new Set(offered), at: this.#now() });
  }

  /** Notes that a caller invoked a tool; counts it if the caller's last search showed it. */
  invoked(caller: string, tool: string): void {
    const search = this.#searches.get(caller);
    if (!search?.offered.has(tool)) return;
    for (const word of search.words) this.#count(word, tool);
    this.#saveSoon();
  }

  /** Returns the bonus of a tool for a query, as a share of its score: 0 to 0.1. */
  bonus(query: string, tool: string): number {
    const words = this.#wordsOf(query);
    if (words.length === 0) return 0;
    const used = words.reduce((sum, word) => sum + this.#share(word, tool), 0);
    return (MOST * used) / words.length;
  }

  /** Writes counts that have not been written yet. */
  async close(): Promise<void> {
    if (!this.#saving) return;
    clearTimeout(this.#saving);
    await this.#save();
  }

  #wordsOf(query: string): readonly string[] {
    if (query !== this.#lastWords.query) this.#lastWords = { query, words: wordsOf(query) };
    return this.#lastWords.words;
  }

  /** Returns the tool's share of the invocations after a word, lowered if they are few: 0 to 1. */
  #share(word: string, tool: string): number {
    const tools = this.#counts.get(word);
    const own = tools?.get(tool);
    if (!tools || !own) return 0;
    const all = [...tools.values()].reduce((sum, count) => sum + this.#decayed(count), 0);
    // One invocation is a hint, several are a habit.
    return this.#decayed(own) / (all + 1);
  }

  #decayed({ weight, at }: Count): number {
    return weight * 0.5 ** ((this.#now() - at) / HALF_LIFE_MS);
  }

  #count(word: string, tool: string): void {
    const tools = this.#counts.get(word) ?? toolCounts();
    const before = tools.get(tool);
    tools.set(tool, { weight: (before ? this.#decayed(before) : 0) + 1, at: this.#now() });
    this.#counts.set(word, tools);
  }

  #saveSoon(): void {
    if (this.#options.path === undefined) return;
    this.#saving ??= setTimeout(() => void this.#save(), SAVE_AFTER_MS).unref();
  }

  async #save(): Promise<void> {
    this.#saving = undefined;
    const { path } = this.#options;
    if (path === undefined) return;
    const words = [...this.#counts].map(([word, tools]) => [
      word,
      [...tools].map(([tool, { weight, at }]) => [tool, weight, at]),
    ]);
    // If the file cannot be written, the history lasts for this run.
    await writeFileAtomic(path, JSON.stringify({ version: 1, words })).catch(() => {});
  }
}

function toolCounts(counts: Iterable<readonly [string, Count]> = []): ToolCounts {
  return new BoundedMap({ maxEntries: MAX_TOOLS }, counts);
}

function wordsOf(query: string): string[] {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  return [...new Set(words)].slice(0, MAX_QUERY_WORDS);
}

/** Greatest weight read from a file; no number of invocations adds up to it, since their weights halve with time. */
const MAX_WEIGHT = 1e6;

/** Returns the counts in a file; none if it is missing, corrupt or of another format. */
function read(path: string): [string, ToolCounts][] {
  try {
    const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isJsonObject(file) || file.version !== 1 || !Array.isArray(file.words)) return [];
    return file.words.flatMap(wordIn);
  } catch {
    return [];
  }
}

function wordIn(entry: unknown): [string, ToolCounts][] {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string' || !Array.isArray(entry[1])) return [];
  const tools = entry[1].flatMap((tool: unknown): [string, Count][] => {
    if (!Array.isArray(tool)) return [];
    const [id, weight, at] = tool;
    const sound = typeof id === 'string' && weight >= 0 && weight <= MAX_WEIGHT && Number.isFinite(at);
    // If the clock was ahead when a count was stored, the count must not grow.
    return sound ? [[id, { weight, at: Math.min(at, Date.now()) }]] : [];
  });
  return [[entry[0], toolCounts(tools)]];
}
