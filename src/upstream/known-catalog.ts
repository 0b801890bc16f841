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

/** Capabilities that are stored in the catalog, so that they are known while the server does not run. */
const OFFERS = ['resources', 'prompts', 'completions'];

/** The known catalog of a server: the remembered one at first, then as read at each connect and after each change. */
export class KnownCatalog {
  readonly #server: ServerConfig;
  readonly #options: KnownCatalogOptions;
  #current: ServerCatalog | undefined;
  #idleTimeoutMs = 0;
  #rereading: NodeJS.Timeout | undefined;
  /** Token of the latest reading. Late pages of an earlier reading are dropped. */
  #reading: symbol | undefined;
  #leftOut: ReadonlyMap<string, string> = new Map();
  #closed = false;

  /**
   * `remembered` is the catalog as last read, by this process or an earlier one; undefined: the server has not been
   * read.
   */
  constructor(server: ServerConfig, remembered: RememberedCatalog | undefined, options: KnownCatalogOptions) {
    this.#server = server;
    this.#options = options;
    this.#current = remembered;
  }

  get current(): ServerCatalog | undefined {
    return this.#current;
  }

  /** Time without use in ms after which the server may be stopped, derived from the tools as last read; 0: never. */
  get idleTimeoutMs(): number {
    return this.#idleTimeoutMs;
  }

  /** Causes for which tools of the last list were left out, by tool name. */
  get leftOut(): ReadonlyMap<string, string> {
    return this.#leftOut;
  }

  /** Reports the remembered tools to the observer. */
  begin(): void {
    if (this.#current) this.#options.observer.tools(this.#server, this.#current.tools);
  }

  /**
   * Reads the tools anew. Rejects if the server does not list them. Resolves without slow pages: they are added when
   * they arrive, unless a later reading has begun or the connection has ended.
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

  /** Adds the tools known before to the beginning of a list, because a late page may still contain them. */
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
    // An unchanged list is not reported, because indexing thousands of tools takes time.
    if (!isDeepStrictEqual(before, tools)) observer.tools(this.#server, tools);
    void identity().then((client) => observer.read?.(this.#server, catalog, client));
  }

  #warn(problem: string): void {
    const { log, redact } = this.#options;
    log.warning('tools/list', { server: this.#server.key, problem: redact(problem) });
  }

  /** Reads the tools anew once no further change was announced for `LIST_DEBOUNCE_MS`. */
  readSoon(connection: () => Connection | undefined): void {
    clearTimeout(this.#rereading);
    this.#rereading = setTimeout(() => {
      const current = connection();
      if (current) this.read(current).catch((error: unknown) => this.#warn(causeOf(error)));
    }, LIST_DEBOUNCE_MS);
  }

  /** Stops reports to the observer: later readings are dropped. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#rereading);
  }
}
