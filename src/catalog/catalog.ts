import { type ToolDefinition, type ToolEntry, toolId } from '../core/tool.ts';
import { fieldTerms } from './fields.ts';
import { queryWords } from './query.ts';
import { type Ranked, rank } from './rank.ts';
import { RANKING, type Ranking } from './ranking.ts';
import { similarityTo } from './similarity.ts';
import { ToolIndex } from './tool-index.ts';
import { type Task, WorkQueue } from './work-queue.ts';

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

/** A tool and how well it fits. */
export type SearchHit = Ranked;

const MAX_WANTED_CHARS = 200;

/** Words that are scored and searched for before anyone asks: those that so many tools have, and how many of them. */
const MIN_REHEARSED_COUNT = 50;
const MAX_REHEARSED_WORDS = 500;
const MAX_REHEARSED_QUERIES = 100;

/** A tool and its number in the index. */
interface Listed {
  readonly entry: ToolEntry;
  readonly number: number;
}

/** Last known tools of all servers by id, and the index over them. */
export class Catalog {
  readonly #ranking: Ranking;
  readonly #index: ToolIndex;
  readonly #work = new WorkQueue(() => this.#rehearsals());
  readonly #servers = new Map<string, readonly Listed[]>();
  readonly #entries = new Map<string, ToolEntry>();
  /** Entries by their number in the index; numbers of removed ones are used again. */
  readonly #numbered: (ToolEntry | undefined)[] = [];
  readonly #free: number[] = [];

  constructor(ranking = RANKING) {
    this.#ranking = ranking;
    this.#index = new ToolIndex(ranking.fields);
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Replaces one server's tools. Of tools with the same id the first stays; the names of the others are returned.
   * All but the search knows them at once; the search knows some dozens at once and the others little by little.
   */
  setServer(server: CatalogServer, tools: readonly ToolDefinition[]): { duplicates: string[] } {
    this.removeServer(server.key);
    const offered = tools.map((definition) => entryOf(server, definition));
    const entries = offered.filter((entry) => this.#admit(entry));
    const listed = entries.map((entry) => ({ entry, number: this.#free.pop() ?? this.#numbered.push(undefined) - 1 }));
    for (const { entry, number } of listed) this.#numbered[number] = entry;
    this.#servers.set(server.key, listed);
    const add = ({ entry, number }: Listed) => this.#index.add(number, fieldTerms(entry, server.description));
    this.#work.push(listed.map((one) => add.bind(undefined, one)));
    const admitted = new Set(entries);
    return { duplicates: offered.filter((entry) => !admitted.has(entry)).map(({ definition }) => definition.name) };
  }

  /** Forgets a server and its tools; an unknown key is no error. */
  removeServer(key: string): void {
    const listed = this.#servers.get(key) ?? [];
    this.#servers.delete(key);
    for (const { entry, number } of listed) {
      this.#entries.delete(entry.id);
      this.#numbered[number] = undefined;
    }
    this.#work.push(listed.map(({ number }) => this.#forget.bind(this, number)));
  }

  /** Resolves when the search knows all that `setServer` and `removeServer` said. */
  indexed(): Promise<void> {
    return this.#work.idle();
  }

  get(id: string): ToolEntry | undefined {
    return this.#entries.get(id);
  }

  /** Tools of one server in its own order. */
  toolsOf(server: string): readonly ToolEntry[] {
    return (this.#servers.get(server) ?? []).map(({ entry }) => entry);
  }

  /** Visible tools that match any term of the query, best first, ties by id. */
  search(query: string, { limit, filters = {}, visible }: SearchOptions): { found: number; hits: SearchHit[] } {
    const fits = filter(filters);
    const entry = (number: number) => {
      const found = this.#numbered[number];
      return found && fits(found) && visible(found) ? found : undefined;
    };
    return rank(query, limit, { index: this.#index, ranking: this.#ranking, entry });
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

  /** Words that tools have and that resemble words of the query that none has; for a query that found nothing. */
  nearestWords(query: string, most = 5): string[] {
    const { vocabulary } = this.#index;
    const unknown = queryWords(query, 1).filter(({ word }) => vocabulary.get(word) === undefined);
    const near = unknown.flatMap(({ word }) => vocabulary.near(word, Math.max(1, Math.floor(word.length / 4)), most));
    return [...new Set(near.sort((a, b) => a.edits - b.edits).map(({ id }) => vocabulary.word(id)))].slice(0, most);
  }

  #admit(entry: ToolEntry): boolean {
    if (this.#entries.has(entry.id)) return false;
    this.#entries.set(entry.id, entry);
    return true;
  }

  // Common words cost milliseconds the first time: MiniSearch scores thousands of tools, and the code is not yet compiled.
  #rehearsals(): Task[] {
    const words = this.#index.vocabulary.commonest(MIN_REHEARSED_COUNT, MAX_REHEARSED_WORDS);
    const queries = words.slice(0, MAX_REHEARSED_QUERIES).map((word) => this.#index.vocabulary.word(word));
    return [
      ...words.map((word) => () => this.#index.scores(word)),
      ...queries.map((query) => () => this.search(query, { limit: 1, visible: () => true })),
    ];
  }

  #forget(number: number): void {
    this.#index.remove(number);
    this.#free.push(number);
  }
}

function entryOf({ key, tags }: CatalogServer, definition: ToolDefinition): ToolEntry {
  return { id: toolId(key, definition.name), server: key, tags, definition };
}

function filter({ server, tags }: NonNullable<SearchOptions['filters']>): (entry: ToolEntry) => boolean {
  const servers = new Set([server ?? []].flat());
  const wanted = new Set(tags);
  return (entry) =>
    (servers.size === 0 || servers.has(entry.server)) &&
    (wanted.size === 0 || entry.tags.some((tag) => wanted.has(tag)));
}

// By code unit: the same order in every locale.
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
