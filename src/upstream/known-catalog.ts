import { isDeepStrictEqual } from 'node:util';
import { causeOf } from '../core/errors.ts';
import { listRemark, type ServerCatalog } from '../core/server-catalog.ts';
import type { ToolDefinition } from '../core/tool.ts';
import type { Connection } from './connection.ts';
import { LIST_DEBOUNCE_MS } from './limits.ts';
import type { ToolListing } from './list-tools.ts';

export interface KnownCatalogOptions {
  /** What the server was last known to offer; absent: it has to be asked. */
  readonly remembered?: ServerCatalog;
  /** Called with the tools when they are known, and when they have changed. */
  readonly onTools: (tools: readonly ToolDefinition[]) => void;
  /** Called with the whole after each reading. */
  readonly onRead: (catalog: ServerCatalog) => void;
  /** Called with what a reading lacks, a sentence each. */
  readonly onProblem: (problem: string) => void;
}

/** What is looked for among a server's capabilities, to know it while it does not run. */
const OFFERS = ['resources', 'prompts', 'completions'];

/** What a server is known to be and to offer: remembered at first, read at each connect and after each change. */
export class KnownCatalog {
  readonly #options: KnownCatalogOptions;
  #current: ServerCatalog | undefined;
  #rereading: NodeJS.Timeout | undefined;
  /** The latest reading: what an earlier one still brings is old. */
  #reading: symbol | undefined;
  #leftOut: ReadonlyMap<string, string> = new Map();
  #closed = false;

  constructor(options: KnownCatalogOptions) {
    this.#options = options;
    this.#current = options.remembered;
  }

  get current(): ServerCatalog | undefined {
    return this.#current;
  }

  /** Why tools of the list as last read were left out, by name. */
  get leftOut(): ReadonlyMap<string, string> {
    return this.#leftOut;
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
      .catch((error: unknown) => this.#options.onProblem(causeOf(error)));
  }

  /** The beginning of a list with what else was known before: a page that is late has lost none of its tools. */
  #withKnown(listing: ToolListing): ToolListing {
    const names = new Set(listing.tools.map(({ name }) => name));
    const others = this.#current?.tools.filter(({ name }) => !names.has(name)) ?? [];
    return { ...listing, tools: [...listing.tools, ...others] };
  }

  #take(connection: Connection, { problems, tools, leftOut, incomplete, undeclared }: ToolListing): void {
    const { onTools, onRead, onProblem } = this.#options;
    if (this.#closed) return;
    const before = this.#current?.tools;
    this.#leftOut = leftOut ?? new Map();
    this.#current = {
      about: connection.about,
      offers: OFFERS.filter((path) => connection.offers(path)),
      tools,
      ...(incomplete !== undefined && { incomplete }),
      ...(undeclared && { undeclared }),
    };
    const remark = listRemark(this.#current);
    for (const problem of remark === undefined ? problems : [remark, ...problems]) onProblem(problem);
    // Indexing thousands of tools takes its time: what is the same is not indexed anew.
    if (!isDeepStrictEqual(before, tools)) onTools(tools);
    onRead(this.#current);
  }

  /** Reads the tools anew when the server has said no more for a moment that they changed. */
  readSoon(connection: () => Connection | undefined): void {
    clearTimeout(this.#rereading);
    this.#rereading = setTimeout(() => {
      const current = connection();
      if (current) this.read(current).catch((error: unknown) => this.#options.onProblem(causeOf(error)));
    }, LIST_DEBOUNCE_MS);
  }

  /** Nothing is told any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#rereading);
  }
}
