import type { ServerConfig } from '../config/schema.ts';
import { abortable, withTimeout } from '../core/abort.ts';
import { type Caller, ownerOf, type Visibility } from '../core/call.ts';
import { clip } from '../core/errors.ts';
import type { ActivityObserver } from '../core/guard.ts';
import type { JsonObject } from '../core/json.ts';
import type { ServerCatalog } from '../core/server-catalog.ts';
import { FIRST_CONNECT_WAIT_MS, isAvailable } from '../core/server-state.ts';
import { hasHint, type ToolEntry } from '../core/tool.ts';
import type { Catalog } from '../search/catalog.ts';
import { deprecationsOf } from '../search/deprecation.ts';
import { estimateTokens } from '../search/estimate-tokens.ts';
import { isNear, matchOf } from '../search/fit-of-hits.ts';
import type { InvocationHistory } from '../search/invocation-history.ts';
import type { WeightedLikeness } from '../search/likeness.ts';
import { searchBudget, searchResults } from '../search/search-results.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import type { ContentKinds } from './results/content-kinds.ts';
import { rareFirst, serverPhrase } from './server-phrase.ts';
import type { ListOptions } from './tool-list.ts';
import { type ConfigNotices, describeAbsent, MAX_NAMED, type Unavailable, unavailableServers } from './unavailable.ts';
import { warningsOf } from './warnings.ts';

export interface FinderParts {
  readonly catalog: Catalog;
  readonly upstreams: Upstreams;
  readonly visible: Visibility;
  /** Returns warnings about a tool, in sentences, for the model that chooses it. */
  readonly remarks: (tool: ToolEntry) => readonly string[];
  /** Returns the part of a server's text about itself that an answer may repeat; absent: all of it. */
  readonly repeatable?: (server: ServerConfig, about: ServerCatalog['about']) => ServerCatalog['about'];
  /** Returns what the tools of a server that the caller may see are about; absent: not known. */
  readonly topics?: (server: ServerConfig, caller: Caller) => readonly string[];
  readonly notices: () => ConfigNotices;
  /** Knows what kinds of content tools give back; absent: answers do not tell. */
  readonly contents?: ContentKinds;
  /** Remembers which tools callers invoke after which searches; absent: the finder does not remember it. */
  readonly usage?: InvocationHistory;
  /** Observes each query with the tools that were shown. */
  readonly witness?: ActivityObserver;
  /** Ranks by likeness of meaning too; absent: hits are ranked by words alone. */
  readonly semantics?: MeaningSearch;
}

/** Knows how like tools are to a query in meaning; undefined if that is not known in time. */
export interface MeaningSearch {
  likeness(query: string, visible: (entry: ToolEntry) => boolean): Promise<WeightedLikeness | undefined>;
}

export interface SearchFilters {
  /** Only tools of these servers. */
  readonly server?: string | readonly string[];
  /** Only tools of servers with any of these tags. */
  readonly tags?: readonly string[];
  /** True: only tools that declare that they change nothing; false: only the other tools. */
  readonly readOnly?: boolean;
}

export interface SearchRequest {
  /** One need, or several in one turn; empty: lists the servers, or with filters the tools. */
  readonly query: string | readonly string[];
  /** Most hits for each query. */
  readonly limit: number;
  /** Index of the first item of a list without a query; a page names the next one. */
  readonly offset?: number;
  readonly filters?: SearchFilters;
}

/** Longest wait in ms while no tool at all is found: a model would not search again. */
const FIRST_HIT_WAIT_MS = 5_000;
const NOTHING_FITS = 'no tool seems to fit; these are the nearest';
const STILL_STARTING = 'servers are still starting; search again in a few seconds';
/** Hits below the last place that are ranked too, since use or meaning may lift them into view. */
const NEARLY = 15;
/** Longest wait for the index, in ms. */
const INDEX_WAIT_MS = 1_000;
/** Most characters of a server's description: a model reads the answer. */
const MAX_PHRASE = 100;
/** Tokens of a mark on a hit: that it cannot be called now, or is deprecated. */
const MARK_TOKENS = 8;

/** Bounds of one query: the number of hits, and the tools that its caller may see. */
interface Ask {
  readonly limit: number;
  readonly caller: Caller;
  readonly visible: (entry: ToolEntry) => boolean;
}

/** Finds tools for a model, by what they do or by server, and names the servers that could not be asked. */
export class Finder {
  readonly #parts: FinderParts;

  constructor(parts: FinderParts) {
    this.#parts = parts;
  }

  /** Answers within a token budget: tools that fit a query, or without one the servers, or the tools of a server. */
  async search(request: SearchRequest, caller: Caller): Promise<JsonObject> {
    const concerned = this.#concerned(request.filters);
    const { upstreams } = this.#parts;
    const unknown = (server: string) => concerned(server) && !upstreams.get(server)?.isKnown;
    await upstreams.firstConnects(FIRST_CONNECT_WAIT_MS, unknown);
    let found = await this.#indexed(request, caller, concerned);
    while (isEmpty(found) && (await upstreams.nextFirstConnect(FIRST_HIT_WAIT_MS, unknown)))
      found = await this.#indexed(request, caller, concerned);
    // A server without tools is named only if the caller asked for it, or if no other tool was found.
    const isTold = (state: Unavailable['state']) => state !== 'no_tools' || isEmpty(found) || request.filters?.server;
    const unavailable = unavailableServers(this.#parts, concerned)
      .filter(({ state }) => isTold(state))
      .slice(0, MAX_NAMED);
    const isEarly = isUnmet(found) && unavailable.some(({ state }) => state === 'connecting');
    const wanted = [request.filters?.server ?? []].flat();
    const early = this.#parts.notices().hint ?? (isEarly && STILL_STARTING);
    const hint = [found.hint, describeAbsent(this.#parts, wanted), early].filter(Boolean).join('\n');
    return { ...found, ...(unavailable.length > 0 && { unavailable }), ...(hint && { hint }) };
  }

  /** Searches after a wait of at most 1 s for the index, since a large catalog is indexed in slices. */
  async #indexed(request: SearchRequest, caller: Caller, concerned: (server: string) => boolean): Promise<JsonObject> {
    const { catalog } = this.#parts;
    if (!catalog.isIndexed)
      await withTimeout(INDEX_WAIT_MS, (late) => abortable(catalog.indexed(), late)).catch(() => {});
    return this.#found(request, caller, concerned);
  }

  /**
   * Waits as a search does for the first connect of the servers concerned and resolves with those that cannot be asked,
   * for callers that list tools.
   */
  async awaited(concerned: (server: string) => boolean): Promise<readonly Unavailable[]> {
    const { upstreams } = this.#parts;
    await upstreams.firstConnects(
      FIRST_CONNECT_WAIT_MS,
      (server) => concerned(server) && !upstreams.get(server)?.isKnown,
    );
    return unavailableServers(this.#parts, concerned).filter(({ state }) => state !== 'no_tools');
  }

  async #found(request: SearchRequest, caller: Caller, concerned: (server: string) => boolean): Promise<JsonObject> {
    const queries = [request.query].flat().filter((query) => query.trim() !== '');
    const [first] = queries;
    if (first === undefined) {
      return request.filters ? this.#tools(request, caller, concerned) : this.#servers(request, caller);
    }
    const { filters } = request;
    const visible = (entry: ToolEntry) => this.#mayShow(entry, caller, filters) && concerned(entry.server);
    const ask = { limit: request.limit, caller, visible };
    if (queries.length === 1) return this.#hits(first, ask, searchBudget(request.limit));
    const budget = searchBudget(request.limit * queries.length) / queries.length;
    const group = async (query: string) => ({
      query: clip(query),
      ...(await this.#hits(query, ask, budget)),
    });
    return { groups: await Promise.all(queries.map(group)) };
  }

  async #hits(query: string, { limit, caller, visible }: Ask, budgetTokens: number): Promise<JsonObject> {
    const { found, hits, reader } = await this.#ranked(query, limit, visible);
    const ids = hits.map(({ entry }) => entry.id);
    this.#parts.usage?.searched(ownerOf(caller), query, ids);
    const down = new Set(
      hits.filter(({ entry }) => !isAvailable(this.#parts.upstreams.state(entry.server))).map(({ entry }) => entry.id),
    );
    const warnings = warningsOf(hits, this.#parts.remarks, budgetTokens);
    const deprecated = deprecationsOf(hits, (id) => this.#shown(id, caller));
    const marks = [...deprecated.values()];
    const marksTokens =
      (down.size + marks.length) * MARK_TOKENS +
      estimateTokens(marks.join()) +
      estimateTokens(JSON.stringify([...warnings.values()]));
    const options = { budgetTokens: budgetTokens - marksTokens, reader, ...this.#known(caller) };
    const { results: shown, omitted, sharedParameters } = searchResults(hits, options);
    const shownIds = shown.map(({ id }) => id);
    this.#parts.witness?.searched(ownerOf(caller), shownIds);
    const results = shown.map((result) => ({
      ...result,
      ...(deprecated.has(result.id) && { deprecated: deprecated.get(result.id) }),
      ...(down.has(result.id) && { available: false }),
      ...(warnings.has(result.id) && { warnings: warnings.get(result.id) }),
    }));
    if (hits.length === 0) return { found, results, ...this.#waysOn(query, caller) };
    return {
      // A hit without room, such as one with an endless id, is not counted: the caller would look for it in vain.
      found: Math.max(0, found - omitted),
      results,
      ...(sharedParameters && { sharedParameters }),
      ...(found === 0 && { hint: NOTHING_FITS }),
    };
  }

  #shown(id: string, caller: Caller): ToolEntry | undefined {
    const found = this.#parts.catalog.get(id);
    return found && this.#parts.visible(caller, found) ? found : undefined;
  }

  /** Returns the facts about tools by which the signatures of one answer are rendered, of tools that the caller may see. */
  #known(caller: Caller): Pick<ListOptions, 'sharedOf' | 'contentsOf'> {
    const { catalog, contents, visible } = this.#parts;
    return {
      sharedOf: catalog.sharedAmong((entry) => visible(caller, entry)),
      contentsOf: (entry) => contents?.of(entry) ?? [],
    };
  }

  /**
   * Returns the catalog's ranking, by likeness of meaning too if that is known, and slightly changed by earlier use,
   * without the tools far below the best. They have a match unless no tool seems to fit.
   */
  async #ranked(query: string, limit: number, visible: (entry: ToolEntry) => boolean) {
    const { catalog, usage, semantics } = this.#parts;
    const likeness = await semantics?.likeness(query, visible);
    // Asks for more hits than are shown: a tool just below the last place may still move up.
    const { found, hits, reader } = catalog.search(query, { limit: limit + NEARLY, visible, likeness });
    const moved = usage
      ? hits.map((hit) => ({ ...hit, score: hit.score * (1 + usage.bonus(query, hit.entry.id)) }))
      : hits;
    // A stable sort: tools with equal scores keep their order.
    const ranked = moved.toSorted((a, b) => b.score - a.score).slice(0, limit);
    const near = ranked.filter(({ share }, place) => isNear(place, share));
    const shown = near.map((hit) => ({ entry: hit.entry, ...(found > 0 && { match: matchOf(hit) }) }));
    return { found: found > 0 ? Math.max(found, shown.length) : 0, hits: shown, reader };
  }

  /** Suggests words that tools do use, and the known servers, after a query that found no tool. */
  #waysOn(query: string, caller: Caller): JsonObject {
    const { catalog, upstreams } = this.#parts;
    const visible = (entry: ToolEntry) => this.#parts.visible(caller, entry);
    // A word that only hidden tools have would tell of them.
    const words = catalog.nearestWords(query, visible);
    const servers = upstreams.all().map(({ config }) => config.key);
    return {
      ...(words.length > 0 && { didYouMean: words }),
      ...(servers.length > 0 && { servers: servers.slice(0, MAX_NAMED) }),
    };
  }

  async #tools(
    { offset = 0, filters }: SearchRequest,
    caller: Caller,
    concerned: (server: string) => boolean,
  ): Promise<JsonObject> {
    const { toolPage } = await import('./tool-list.ts');
    const { upstreams, catalog } = this.#parts;
    const tools = upstreams
      .all()
      .flatMap(({ config }) => (concerned(config.key) ? catalog.toolsOf(config.key) : []))
      .filter((entry) => this.#mayShow(entry, caller, filters));
    return toolPage(tools, { offset, ...this.#known(caller) });
  }

  /** Lists the servers, each with the number of tools that the caller may see, and what it is good for. */
  async #servers({ offset = 0 }: SearchRequest, caller: Caller): Promise<JsonObject> {
    const { page } = await import('./tool-list.ts');
    const { upstreams, catalog, visible, repeatable = (_server, words) => words, topics } = this.#parts;
    const all = upstreams.all();
    const telling = rareFirst(all.map(({ config }) => topics?.(config, caller) ?? []));
    const servers = all.map(({ config, about }, at) => {
      const tools = catalog.toolsOf(config.key).filter((entry) => visible(caller, entry)).length;
      const known = { about: repeatable(config, about), topics: telling[at] ?? [] };
      const description = serverPhrase(config, known, MAX_PHRASE);
      return { server: config.key, tools, ...(description && { description }) };
    });
    return { found: servers.length, ...page('servers', servers, offset) };
  }

  #mayShow(entry: ToolEntry, caller: Caller, filters: SearchFilters | undefined): boolean {
    if (!this.#parts.visible(caller, entry)) return false;
    return filters?.readOnly === undefined || filters.readOnly === hasHint(entry.definition, 'readOnlyHint');
  }

  /**
   * Returns a predicate for the servers that the filters ask for. A search calls it for thousands of tools: without
   * filters it is constant.
   */
  #concerned(filters: SearchFilters | undefined): (server: string) => boolean {
    const wanted = new Set([filters?.server ?? []].flat());
    const tags = filters?.tags ?? [];
    if (wanted.size === 0 && tags.length === 0) return () => true;
    return (server) => {
      if (wanted.size > 0 && !wanted.has(server)) return false;
      const own = this.#parts.upstreams.get(server)?.config.tags ?? [];
      return tags.length === 0 || tags.some((tag) => own.includes(tag));
    };
  }
}

/** True if an answer names no tool for any of its queries. */
function isEmpty({ found, results, groups }: JsonObject): boolean {
  if (Array.isArray(groups)) return groups.every(isEmpty);
  return Array.isArray(results) ? results.length === 0 : found === 0;
}

/** True if no tool seems to fit any of the queries of an answer. */
function isUnmet({ found, groups }: JsonObject): boolean {
  return Array.isArray(groups) ? groups.every(isUnmet) : found === 0;
}
