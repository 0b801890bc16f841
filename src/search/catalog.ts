import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type ToolDefinition, type ToolEntry, toolId } from '../core/tool.ts';
import { fieldTerms } from './fields.ts';
import type { WeightedLikeness } from './likeness.ts';
import { readQuery } from './query-expansion.ts';
import { QueryReader } from './query-reader.ts';
import { comesFirst, type Hit, type Ranked, TopK } from './rank.ts';
import { RANKING, type Ranking } from './ranking-parameters.ts';
import { rankRequests } from './several-requests.ts';
import { sharedParameters } from './shared-parameters.ts';
import { similarityTo } from './similar-names.ts';
import { ToolIndex } from './tool-index.ts';
import { WorkQueue } from './work-queue.ts';

/** The parts of a server's configuration by which its tools are found. */
interface CatalogServer {
  readonly key: string;
  readonly tags: readonly string[];
  readonly description?: string;
}

interface SearchOptions {
  /** Most hits to return. */
  readonly limit: number;
  readonly visible: (entry: ToolEntry) => boolean;
  /** Likeness of meaning to the query; absent: words alone decide. */
  readonly likeness?: WeightedLikeness | undefined;
}

/** A tool with its score, and how it stands to the query and to the best hit. */
export type SearchHit = Hit;

/** What a search finds; `reader` reads texts for the query's words. */
interface SearchFindings {
  readonly found: number;
  readonly hits: SearchHit[];
  readonly reader: QueryReader;
}

const MAX_WANTED_CHARS = 200;
/** A search for this reads all tables and patterns that are made at their first use: a name, data, a misspelt word. */
const WARM_UP_QUERY = 'list the newest issues in "notes.txt" for every reposittory';

/** A tool with the words of its server's entry in the configuration. */
interface Listing {
  readonly entry: ToolEntry;
  readonly about: CatalogServer;
}

/** A tool with its number in the index, which may still have its former words. */
interface Listed {
  readonly number: number;
  /** Number of the call of `setServer` that last listed it. */
  round: number;
  now: Listing;
  indexed: Listing | undefined;
}

/** A server with its tools; `shared` has the shared parameters of those tools for which they were last asked for. */
interface Server {
  readonly about: CatalogServer;
  readonly listed: readonly Listed[];
  shared?: { readonly among: readonly ToolEntry[]; readonly names: ReadonlySet<string> };
}

/** Last known tools of all servers by id, with the index of their words. */
export class Catalog {
  readonly #ranking: Ranking;
  readonly #index: ToolIndex;
  readonly #work = new WorkQueue(() => this.#warmUp());
  #isWarm = false;
  readonly #servers = new Map<string, Server>();
  readonly #byId = new Map<string, Listed>();
  /**
   * Tools by number in the index; numbers of removed tools are used again. An array, since a search reads thousands of
   * entries.
   */
  readonly #entries: (ToolEntry | undefined)[] = [];
  readonly #free: number[] = [];
  #rounds = 0;

  constructor(ranking = RANKING) {
    this.#ranking = ranking;
    this.#index = new ToolIndex(ranking.fields);
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * Replaces one server's tools. Of tools with the same id it keeps the first and returns the names of the others.
   * `get` and `toolsOf` know the tools at once. The search learns some dozens at once and the others little by little;
   * until then it finds them by their former words. Tools that have not changed cost next to nothing.
   */
  setServer({ key, tags, description }: CatalogServer, tools: readonly ToolDefinition[]): { duplicates: string[] } {
    const before = this.#servers.get(key);
    const told = { key, tags, description };
    const about = isDeepStrictEqual(before?.about, told) && before ? before.about : told;
    const round = ++this.#rounds;
    const listed: Listed[] = [];
    const duplicates: string[] = [];
    for (const definition of tools) {
      const one = this.#offer({ entry: entryOf(about, definition), about }, round);
      if (one) listed.push(one);
      else duplicates.push(definition.name);
    }
    this.#servers.set(key, { about, listed });
    this.#drop(before?.listed.filter((one) => one.round !== round) ?? []);
    this.#work.push(listed, (one) => this.#learn(one));
    return { duplicates };
  }

  /** Forgets a server and its tools; does nothing for an unknown key. */
  removeServer(key: string): void {
    const listed = this.#servers.get(key)?.listed ?? [];
    this.#servers.delete(key);
    this.#drop(listed);
  }

  /** True if the search knows all changes by `setServer` and `removeServer`. */
  get isIndexed(): boolean {
    return this.#work.isIdle;
  }

  /** Resolves when the search knows all changes by `setServer` and `removeServer`. */
  indexed(): Promise<void> {
    return this.#work.idle();
  }

  get(id: string): ToolEntry | undefined {
    return this.#byId.get(id)?.now.entry;
  }

  /** Returns the tools of one server in its own order. */
  toolsOf(server: string): readonly ToolEntry[] {
    return (this.#servers.get(server)?.listed ?? []).map(({ now }) => now.entry);
  }

  /**
   * Returns a function from a server to the names of the optional parameters that most of its visible tools have; see
   * `sharedParameters`. It asks once about each server, so it serves one answer.
   */
  sharedAmong(visible: (entry: ToolEntry) => boolean): (server: string) => ReadonlySet<string> {
    const known = new Map<string, ReadonlySet<string>>();
    return (server) => {
      const names = known.get(server) ?? this.#shared(server, this.toolsOf(server).filter(visible));
      known.set(server, names);
      return names;
    };
  }

  #shared(server: string, among: readonly ToolEntry[]): ReadonlySet<string> {
    const known = this.#servers.get(server);
    const last = known?.shared;
    if (last?.among.length === among.length && last.among.every((entry, at) => entry === among[at])) return last.names;
    const names = sharedParameters(among.map(({ definition }) => definition));
    if (known) known.shared = { among, names };
    return names;
  }

  /**
   * Returns the best visible tools that match any term of the query, best first, ties by id. `found` counts those near
   * the best one; 0 if no tool seems to fit, and then the hits are the nearest. `reader` reads texts for its words.
   */
  search(query: string, { limit, visible, likeness }: SearchOptions): SearchFindings {
    const entry = (number: number) => {
      const found = this.#entries[number];
      return found && visible(found) ? found : undefined;
    };
    const nearest = likeness?.nearest.flatMap((id) => this.#byId.get(id)?.number ?? []) ?? [];
    const meaning = likeness && { ...likeness, nearest };
    const { found, hits, view } = rankRequests(query, limit, {
      index: this.#index,
      ranking: this.#ranking,
      entry,
      meaning,
    });
    return { found, hits, reader: new QueryReader(view, this.#index.vocabulary, this.#wordsOf) };
  }

  readonly #wordsOf = (id: string) => {
    const listed = this.#byId.get(id);
    return listed && this.#index.words(listed.number);
  };

  /** Returns up to `n` ids of visible tools whose name or whole id resembles `id`, nearest first. */
  nearestIds(id: string, visible: (entry: ToolEntry) => boolean, n = 3): string[] {
    const wanted = id.slice(0, MAX_WANTED_CHARS);
    const toId = similarityTo(wanted);
    // A guess at the tool's name, if the id has the usual shape; used only to compare.
    const toName = similarityTo(wanted.split('::').at(-1) ?? wanted);
    const best = new TopK<Ranked>(n, comesFirst);
    for (const { now } of this.#byId.values()) {
      const { entry } = now;
      if (!visible(entry)) continue;
      const score = toName(entry.definition.name) + toId(entry.id);
      if (score > 0) best.offer({ entry, score });
    }
    return best.items.map(({ entry }) => entry.id);
  }

  /**
   * Returns words of visible tools that resemble those words of the query that no such tool has. For a query without
   * hits.
   */
  nearestWords(query: string, visible: (entry: ToolEntry) => boolean, most = 5): string[] {
    const { vocabulary } = this.#index;
    const tools = (word: number) => this.#countTools(word, visible);
    const isUnknown = (id: number | undefined) => id === undefined || tools(id) === 0;
    const unknown = readQuery(query, 1).words.filter(({ word }) => isUnknown(vocabulary.get(word)));
    const near = unknown
      .flatMap(({ word }) => vocabulary.near(word, Math.max(1, Math.floor(word.length / 4))))
      .map(({ id, edits }) => ({ word: vocabulary.word(id), edits, tools: tools(id) }))
      .filter((one) => one.tools > 0)
      .sort((a, b) => a.edits - b.edits || b.tools - a.tools || (a.word < b.word ? -1 : 1));
    return [...new Set(near.map(({ word }) => word))].slice(0, most);
  }

  #countTools(word: number, visible: (entry: ToolEntry) => boolean): number {
    let count = 0;
    for (const document of this.#index.scores(word).documents) {
      const entry = this.#entries[document];
      if (entry && visible(entry)) count++;
    }
    return count;
  }

  /** Builds in idle time what the next search would build first. */
  #warmUp(): void {
    this.#index.prepare();
    if (this.#isWarm) return;
    this.#isWarm = true;
    this.search(WARM_UP_QUERY, { limit: 1, visible: () => true });
  }

  /** Lists a tool under its id; undefined if another server has the id, or this server has listed it twice. */
  #offer(now: Listing, round: number): Listed | undefined {
    const known = this.#byId.get(now.entry.id);
    if (!known) return this.#list(now, round);
    if (known.now.about.key !== now.about.key || known.round === round) return undefined;
    known.now = now;
    known.round = round;
    this.#entries[known.number] = now.entry;
    return known;
  }

  #list(now: Listing, round: number): Listed {
    const listed: Listed = { number: this.#free.pop() ?? this.#entries.length, round, now, indexed: undefined };
    this.#entries[listed.number] = now.entry;
    this.#byId.set(now.entry.id, listed);
    return listed;
  }

  #drop(listed: readonly Listed[]): void {
    for (const { number, now } of listed) {
      this.#byId.delete(now.entry.id);
      this.#entries[number] = undefined;
    }
    this.#work.push(listed, ({ number }) => this.#forget(number));
  }

  *#learn(listed: Listed): Generator<void> {
    const { number, now, indexed } = listed;
    listed.indexed = now;
    const isGone = this.#entries[number] !== now.entry;
    if (isGone || (now.about === indexed?.about && sameJson(now.entry.definition, indexed.entry.definition))) return;
    yield* this.#index.remove(number);
    yield* this.#index.add(number, fieldTerms(now.entry, now.about.description));
  }

  *#forget(number: number): Generator<void> {
    yield* this.#index.remove(number);
    this.#free.push(number);
  }
}

function entryOf({ key, tags }: CatalogServer, definition: ToolDefinition): ToolEntry {
  return { id: toolId(key, definition.name), server: key, tags, definition };
}

/** Levels that are compared: no real schema is deeper, and what a server sends must not exhaust the stack. */
const MAX_DEPTH = 100;

/**
 * True if two JSON values are equal, with keys in any order; values nested deeper than 100 levels count as different.
 */
export function sameJson(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b, depth + 1);
  return isJsonObject(a) && isJsonObject(b) && sameMembers(a, b, depth + 1);
}

function sameItems(a: readonly unknown[], b: readonly unknown[], depth: number): boolean {
  return a.length === b.length && a.every((item, at) => sameJson(item, b[at], depth));
}

function sameMembers(a: JsonObject, b: JsonObject, depth: number): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key], depth));
}
