import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../config/schema.ts';
import { causeOf } from '../core/errors.ts';
import type { ClientIdentity } from '../core/peer.ts';
import { listRemark, type RememberedCatalog, type ServerCatalog } from '../core/server-catalog.ts';
import type { Logger } from '../platform/log.ts';
import type { Connection } from './connection.ts';
import { LIST_DEBOUNCE_MS } from './limits.ts';
import type { ToolListing } from './list-tools.ts';
import type { ServerObserver } from './server-observer.ts';
import { idleTimeoutMs } from './start-policy.ts';

export interface KnownCatalogOptions {
  readonly observer: ServerObserver;
  /** Resolves with the client for which connections are made. */
  readonly identity: () => Promise<ClientIdentity>;
  readonly log: Logger;
  /** Blanks the server's secrets in a text. */
  readonly redact: (text: string) => string;
}

/** What is looked for among a server's capabilities, to know it while it does not run. */
const OFFERS = ['resources', 'prompts', 'completions'];

/** What a server is known to be and to offer: remembered at first, read at each connect and after each change. */
export class KnownCatalog {
  readonly #server: ServerConfig;
  readonly #options: KnownCatalogOptions;
  #current: ServerCatalog | undefined;
  #idleTimeoutMs = 0;
  #rereading: NodeJS.Timeout | undefined;
  /** The latest reading: what an earlier one still brings is old. */
  #reading: symbol | undefined;
  #leftOut: ReadonlyMap<string, string> = new Map();
  #closed = false;

  /** `remembered` is the catalog as last read, by this process or an earlier one; undefined: the server has to be asked. */
  constructor(server: ServerConfig, remembered: RememberedCatalog | undefined, options: KnownCatalogOptions) {
    this.#server = server;
    this.#options = options;
    this.#current = remembered;
  }

  get current(): ServerCatalog | undefined {
    return this.#current;
  }

  /** Time without use in ms after which the server may be stopped, by the tools as last read; 0: it may not. */
  get idleTimeoutMs(): number {
    return this.#idleTimeoutMs;
  }

  /** Why tools of the list as last read were left out, by name. */
  get leftOut(): ReadonlyMap<string, string> {
    return this.#leftOut;
  }

  /** Tells the remembered tools. */
  begin(): void {
    if (this.#current) this.#options.observer.tools(this.#server, this.#current.tools);
  }

  /**
   * Reads the tools anew. Rejects when the server does not list them. Resolves without pages that come slowly: they are
   * taken when they come, unless the list was read again meanwhile or the connection has ended.
   */
  async read(connection: Connection): Promise<void> {
    const reading = Symbol('reading');
    this.#reading = reading;
    const { rest, ...listing } = await connection.listTools();
    this.#take(connection, rest ? this.#withKnown(listing) : listing);
    if (!rest) return;
    const isOver = connection.closed.then(() => undefined);
    void Promise.race([isOver, rest])
      .then((whole) => whole && this.#reading === reading && this.#take(connection, whole))
      .catch((error: unknown) => this.#warn(causeOf(error)));
  }

  /** The beginning of a list with what else was known before: a page that is late has lost none of its tools. */
  #withKnown(listing: ToolListing): ToolListing {
    const names = new Set(listing.tools.map(({ name }) => name));
    const others = this.#current?.tools.filter(({ name }) => !names.has(name)) ?? [];
    return { ...listing, tools: [...listing.tools, ...others] };
  }

  #take(connection: Connection, { problems, tools, leftOut, incomplete, undeclared }: ToolListing): void {
    const { observer, identity } = this.#options;
    if (this.#closed) return;
    const before = this.#current?.tools;
    this.#leftOut = leftOut ?? new Map();
    const catalog: ServerCatalog = {
      about: connection.about,
      offers: OFFERS.filter((path) => connection.offers(path)),
      tools,
      ...(incomplete !== undefined && { incomplete }),
      ...(undeclared && { undeclared }),
    };
    this.#current = catalog;
    this.#idleTimeoutMs = idleTimeoutMs(this.#server, tools);
    const remark = listRemark(catalog);
    for (const problem of remark === undefined ? problems : [remark, ...problems]) this.#warn(problem);
    // Indexing thousands of tools takes its time: what is the same is not indexed anew.
    if (!isDeepStrictEqual(before, tools)) observer.tools(this.#server, tools);
    void identity().then((client) => observer.read?.(this.#server, catalog, client));
  }

  #warn(problem: string): void {
    const { log, redact } = this.#options;
    log.warning('tools/list', { server: this.#server.key, problem: redact(problem) });
  }

  /** Reads the tools anew when the server has said no more for a moment that they changed. */
  readSoon(connection: () => Connection | undefined): void {
    clearTimeout(this.#rereading);
    this.#rereading = setTimeout(() => {
      const current = connection();
      if (current) this.read(current).catch((error: unknown) => this.#warn(causeOf(error)));
    }, LIST_DEBOUNCE_MS);
  }

  /** Nothing that is read from now on is told. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#rereading);
  }
}
