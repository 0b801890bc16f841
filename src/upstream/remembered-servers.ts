import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../config/schema.ts';
import type { ClientIdentity } from '../core/peer.ts';
import { clientMark, type RememberedCatalog, type RememberedList, type ServerCatalog } from '../core/server-catalog.ts';
import { catalogText, FORMAT, type Remembered, readCatalog, writeCatalog } from './catalog-file.ts';

export interface RememberedServersOptions {
  /** Absolute; absent: remembered for this run only. */
  readonly directory?: string;
  /** Blanks the secrets of an entry in a text: what holds one is not written down. */
  readonly redactor: (config: ServerConfig) => (text: string) => string;
}

/** Age in ms from which on a date is written anew though nothing else has changed. */
const REDATE_MS = 3_600_000;
/** Kinds of client whose catalog turned out to be the same, kept with it at most. */
const MAX_CLIENTS = 8;

/** What each server was last known to be and to offer: kept on disk, by what is started or connected to. */
export class RememberedServers {
  readonly #options: RememberedServersOptions;
  /** By the hash of the entry; undefined: nothing is known. */
  readonly #known = new Map<string, Remembered | undefined>();
  /** Entries to be written, by their hash. */
  readonly #unwritten = new Map<string, ServerConfig>();
  /** What servers asked whose catalog may not be known yet, by the hash of the entry. */
  readonly #asks = new Map<string, readonly string[]>();
  #written = Promise.resolve();

  constructor(options: RememberedServersOptions) {
    this.#options = options;
  }

  /** What a server was and offered when it was last asked; undefined: not known. */
  recall(config: ServerConfig): RememberedCatalog | undefined {
    return this.#recall(keyOf(config));
  }

  /** A list of the server as it was when last read; `name` as in `learnList`. */
  recallList(config: ServerConfig, name: string): RememberedList | undefined {
    const lists = this.#recall(keyOf(config))?.lists;
    return lists && Object.hasOwn(lists, name) ? lists[name] : undefined;
  }

  /** The server was asked on behalf of that client, and this is what it offers. */
  learn(config: ServerConfig, catalog: ServerCatalog, client: ClientIdentity): void {
    const key = keyOf(config);
    const before = this.#recall(key);
    const mark = clientMark(client);
    const now = Date.now();
    const isSame = before && isDeepStrictEqual(offered(before), offered(catalog));
    if (isSame && before.clients.includes(mark) && now - before.learntAt < REDATE_MS) return;
    const others = isSame ? before.clients.filter((each) => each !== mark) : [];
    const clients = [mark, ...others].slice(0, MAX_CLIENTS);
    const asks = this.asksOf(config);
    const lists = before?.lists ?? {};
    this.#keep(config, { learntAt: now, clients, ...offered(catalog), lists, ...(asks.length > 0 && { asks }) });
  }

  /** What the server is known to ask; see `learnAsk`. */
  asksOf(config: ServerConfig): readonly string[] {
    const key = keyOf(config);
    return this.#asks.get(key) ?? this.#recall(key)?.asks ?? [];
  }

  /** The server asked something that decides who may share a connection to it. */
  learnAsk(config: ServerConfig, ask: string): void {
    const asks = [...new Set([...this.asksOf(config), ask])];
    const key = keyOf(config);
    this.#asks.set(key, asks);
    const before = this.#recall(key);
    if (before) this.#keep(config, { ...before, asks });
  }

  /** The server's list of that name was read; undefined: it has changed since. */
  learnList(config: ServerConfig, name: string, list: RememberedList | undefined): void {
    const before = this.#recall(keyOf(config));
    if (!before || isDeepStrictEqual(before.lists[name], list)) return;
    const { [name]: _, ...others } = before.lists;
    this.#keep(config, { ...before, lists: list ? { ...others, [name]: list } : others });
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    await this.#written;
  }

  #recall(key: string): Remembered | undefined {
    const { directory } = this.#options;
    if (!this.#known.has(key) && directory !== undefined) this.#known.set(key, readCatalog(fileOf(directory, key)));
    return this.#known.get(key);
  }

  #keep(config: ServerConfig, remembered: Remembered): void {
    const key = keyOf(config);
    this.#known.set(key, remembered);
    const { directory } = this.#options;
    if (directory === undefined) return;
    this.#unwritten.set(key, config);
    this.#written = this.#written.then(() => this.#write(directory));
  }

  async #write(directory: string): Promise<void> {
    for (const [key, config] of this.#unwritten) {
      this.#unwritten.delete(key);
      const remembered = this.#known.get(key);
      const text = remembered && catalogText(remembered, this.#options.redactor(config));
      if (text !== undefined) await writeCatalog(fileOf(directory, key), text);
    }
  }
}

/** Of what is started or connected to, as a hash: an entry may hold secrets. */
function keyOf(config: ServerConfig): string {
  const started =
    config.type === 'local'
      ? [config.command, config.cwd, config.environment]
      : [config.url, config.transport, config.headers, config.oauth];
  return createHash('sha256')
    .update(JSON.stringify([FORMAT, config.protocol, ...started]))
    .digest('hex');
}

function fileOf(directory: string, key: string): string {
  return join(directory, `${key}.json`);
}

/** What a server said of itself, without what we know besides. */
function offered({ about, offers, tools, incomplete, undeclared }: ServerCatalog): ServerCatalog {
  return { about, offers, tools, ...(incomplete !== undefined && { incomplete }), ...(undeclared && { undeclared }) };
}
