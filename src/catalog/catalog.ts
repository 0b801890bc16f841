import MiniSearch from 'minisearch';
import { type ToolDefinition, type ToolEntry, toolId } from '../core/tool.ts';
import { type SearchDocument, searchDocument } from './fields.ts';
import { FIELD_WEIGHTS, MATCHING } from './ranking.ts';
import { similarityTo } from './similarity.ts';
import { queryTerms, tokenize } from './text.ts';

/** A server of the configuration, as far as its tools are found by it. */
export interface CatalogServer {
  readonly key: string;
  readonly tags: readonly string[];
  readonly description?: string;
}

export interface SearchOptions {
  /** Most hits to return; all are counted in `found`. */
  readonly limit: number;
  /** A tool must be of one of the servers and carry one of the tags; an empty list asks for nothing. */
  readonly filters?: { readonly server?: string | readonly string[]; readonly tags?: readonly string[] };
  readonly visible: (entry: ToolEntry) => boolean;
}

export interface SearchHit {
  readonly entry: ToolEntry;
  /** BM25 with the field weights: comparable within one answer only. */
  readonly score: number;
}

const MAX_WANTED_CHARS = 200;

interface ServerTools {
  readonly entries: readonly ToolEntry[];
  readonly documents: readonly SearchDocument[];
}

/** Last known tools of all servers by id, and the index over them. */
export class Catalog {
  readonly #servers = new Map<string, ServerTools>();
  readonly #entries = new Map<string, ToolEntry>();
  readonly #index = new MiniSearch<SearchDocument>({
    fields: Object.keys(FIELD_WEIGHTS),
    tokenize,
    processTerm: (term) => term,
    searchOptions: { ...MATCHING, tokenize: queryTerms },
  });

  get size(): number {
    return this.#entries.size;
  }

  /** Replaces one server's tools. Of tools with the same id the first stays; the names of the others are returned. */
  setServer(server: CatalogServer, tools: readonly ToolDefinition[]): { duplicates: string[] } {
    this.removeServer(server.key);
    const offered = tools.map((definition) => entryOf(server, definition));
    const entries = offered.filter((entry) => this.#admit(entry));
    const documents = entries.map((entry) => searchDocument(entry, server.description));
    this.#index.addAll(documents);
    this.#servers.set(server.key, { entries, documents });
    const admitted = new Set(entries);
    return { duplicates: offered.filter((entry) => !admitted.has(entry)).map(({ definition }) => definition.name) };
  }

  /** Forgets a server and its tools; an unknown key is no error. */
  removeServer(key: string): void {
    const { entries, documents } = this.#servers.get(key) ?? { entries: [], documents: [] };
    for (const { id } of entries) this.#entries.delete(id);
    for (const document of documents) this.#index.remove(document);
    this.#servers.delete(key);
  }

  get(id: string): ToolEntry | undefined {
    return this.#entries.get(id);
  }

  /** Tools of one server in its own order. */
  toolsOf(server: string): readonly ToolEntry[] {
    return this.#servers.get(server)?.entries ?? [];
  }

  /** Visible tools that match any term of the query, best first, ties by id. */
  search(query: string, { limit, filters = {}, visible }: SearchOptions): { found: number; hits: SearchHit[] } {
    const hits = this.#index
      .search(query.trim())
      .flatMap(({ id, score }) => this.#hit(id, score))
      .filter(({ entry }) => matchesFilters(entry, filters) && visible(entry))
      .sort((a, b) => b.score - a.score || compare(a.entry.id, b.entry.id));
    return { found: hits.length, hits: hits.slice(0, limit) };
  }

  /** Up to `n` ids of visible tools whose name or whole id resembles `id`, nearest first. */
  nearestIds(id: string, visible: (entry: ToolEntry) => boolean, n = 3): string[] {
    const wanted = id.slice(0, MAX_WANTED_CHARS);
    const toId = similarityTo(wanted);
    // A guess, for likeness only: what the tool is called when the id has the usual shape.
    const toName = similarityTo(wanted.split('::').at(-1) ?? wanted);
    const ranked = [...this.#entries.values()]
      .map((entry) => ({ entry, score: toName(entry.definition.name) + toId(entry.id) }))
      .filter(({ entry, score }) => score > 0 && visible(entry))
      .sort((a, b) => b.score - a.score || compare(a.entry.id, b.entry.id));
    return ranked.slice(0, n).map(({ entry }) => entry.id);
  }

  #admit(entry: ToolEntry): boolean {
    if (this.#entries.has(entry.id)) return false;
    this.#entries.set(entry.id, entry);
    return true;
  }

  #hit(id: string, score: number): SearchHit[] {
    const entry = this.#entries.get(id);
    return entry ? [{ entry, score }] : [];
  }
}

function entryOf({ key, tags }: CatalogServer, definition: ToolDefinition): ToolEntry {
  return { id: toolId(key, definition.name), server: key, tags, definition };
}

function matchesFilters(entry: ToolEntry, { server, tags }: NonNullable<SearchOptions['filters']>): boolean {
  return allows(server, [entry.server]) && allows(tags, entry.tags);
}

function allows(wanted: string | readonly string[] = [], present: readonly string[]): boolean {
  const values = [wanted].flat();
  return values.length === 0 || values.some((value) => present.includes(value));
}

// By code unit: the same order in every locale.
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
