import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../config/schema.ts';
import { holdsExact, parseJson, writeJson } from '../core/exact-json.ts';
import { isJsonObject } from '../core/json.ts';
import type { ClientIdentity } from '../core/peer.ts';
import {
  clientMark,
  type RememberedCatalog,
  type RememberedList,
  type RememberedTopics,
  type ServerCatalog,
} from '../core/server-catalog.ts';
import { pruneOldest, readOwnedFile, writeFileAtomic } from '../platform/atomic-file.ts';
import { secretRedactor } from './redact.ts';

interface CatalogCacheOptions {
  /** Absolute path. Absent: catalogs are remembered for this run only. */
  readonly directory?: string;
  /** Blanks the secrets of an entry in a text. A catalog that contains one is not written to disk. */
  readonly redactor: (config: ServerConfig) => (text: string) => string;
}

/** Age in ms after which the date is written again, even if nothing else has changed. */
const REDATE_MS = 3_600_000;
/** Most kinds of client per catalog that were found to get the same one. */
const MAX_CLIENTS = 8;

/** The last known catalog of each server, on disk. The key is its command or URL. */
export class CatalogCache {
  readonly #options: CatalogCacheOptions;
  /** Catalogs by hash of the entry; undefined: nothing is known. */
  readonly #known = new Map<string, Remembered | undefined>();
  /** Entries to be written, by their hash. */
  readonly #unwritten = new Map<string, ServerConfig>();
  /** Methods that servers have asked, by hash of the entry; also for servers without a catalog. */
  readonly #asks = new Map<string, readonly string[]>();
  #written = Promise.resolve();

  constructor(options: CatalogCacheOptions) {
    this.#options = options;
  }

  /** Returns the last known catalog of a server; undefined: not known. */
  recall(config: ServerConfig): RememberedCatalog | undefined {
    return this.#recall(keyOf(config));
  }

  /** Returns a list of the server as last read; `name` as in `learnList`. */
  recallList(config: ServerConfig, name: string): RememberedList | undefined {
    const lists = this.#recall(keyOf(config))?.lists;
    return lists && Object.hasOwn(lists, name) ? lists[name] : undefined;
  }

  /** Stores the catalog that a server has given this client. */
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
    const { lists = {}, topics } = before ?? {};
    const own = { lists, ...(asks.length > 0 && { asks }), ...(topics && { topics }) };
    this.#keep(config, { learntAt: now, clients, ...offered(catalog), ...own });
  }

  /** Stores what the tools of the server are about; does nothing for a server whose catalog is not known. */
  learnTopics(config: ServerConfig, topics: RememberedTopics): void {
    const before = this.#recall(keyOf(config));
    if (before && !isDeepStrictEqual(before.topics, topics)) this.#keep(config, { ...before, topics });
  }

  /** Returns the methods that the server is known to ask; see `learnAsk`. */
  asksOf(config: ServerConfig): readonly string[] {
    const key = keyOf(config);
    return this.#asks.get(key) ?? this.#recall(key)?.asks ?? [];
  }

  /** Stores that the server has asked this method, which decides who may share a connection to it. */
  learnAsk(config: ServerConfig, ask: string): void {
    const asks = [...new Set([...this.asksOf(config), ask])];
    const key = keyOf(config);
    this.#asks.set(key, asks);
    const before = this.#recall(key);
    if (before) this.#keep(config, { ...before, asks });
  }

  /** Stores a list of the server; undefined: the list has changed and is unknown. */
  learnList(config: ServerConfig, name: string, list: RememberedList | undefined): void {
    const before = this.#recall(keyOf(config));
    if (!before || isDeepStrictEqual(before.lists[name], list)) return;
    const { [name]: _, ...others } = before.lists;
    this.#keep(config, { ...before, lists: list ? { ...others, [name]: list } : others });
  }

  /** Returns the path of the file in which the catalog of a server is remembered; undefined without a directory. */
  fileFor(config: ServerConfig): string | undefined {
    const { directory } = this.#options;
    return directory === undefined ? undefined : fileOf(directory, keyOf(config));
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

/** Hashes the command or URL and the settings that change the catalog. A hash, because an entry may contain secrets. */
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

/** Returns the catalog as the server gave it, without our own members. */
function offered({ about, offers, tools, incomplete, undeclared }: ServerCatalog): ServerCatalog {
  return { about, offers, tools, ...(incomplete !== undefined && { incomplete }), ...(undeclared && { undeclared }) };
}

/** Makes the cache in the folder `servers` of the cache directory. Without a directory it lasts for this run only. */
export function serverMemory(cacheDirectory: string | undefined): CatalogCache {
  return new CatalogCache({
    redactor: secretRedactor,
    ...(cacheDirectory !== undefined && { directory: join(cacheDirectory, 'servers') }),
  });
}

/** All remembered data of one server. */
interface Remembered extends RememberedCatalog {
  /** Lists of resources, templates and prompts by name, as far as they were read. */
  readonly lists: Readonly<Record<string, RememberedList>>;
}

/** Version of the format: part of the files and of their names. */
const FORMAT = 1;
/** Longest file, in bytes. A longer one takes more time to read than the server to answer. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Most files; those written longest ago are removed first. */
const MAX_FILES = 500;

/** Reads a file. Undefined if it is missing, corrupt, of another format, or belongs to another user. */
function readCatalog(path: string): Remembered | undefined {
  try {
    const text = readOwnedFile(path, MAX_BYTES);
    const file: unknown = text === undefined ? undefined : parseJson(text);
    return isRemembered(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the JSON of a file for `writeCatalog`. Undefined if a text in it contains a secret that `redact` blanks. */
function catalogText(remembered: Remembered, redact: (text: string) => string): string | undefined {
  let isOpen = true;
  const file = { format: FORMAT, ...remembered };
  const text = JSON.stringify(file, (_key, value: unknown) => {
    if (typeof value === 'string' && redact(value) !== value) isOpen = false;
    return value;
  });
  if (!isOpen) return undefined;
  return holdsExact(file) ? writeJson(file) : text;
}

/** Replaces a file atomically, readable by its owner only. If the disk refuses, the catalog is just not remembered. */
async function writeCatalog(path: string, text: string): Promise<void> {
  if (Buffer.byteLength(text) > MAX_BYTES) return;
  await writeFileAtomic(path, text)
    .then(() => pruneOldest(dirname(path), MAX_FILES))
    .catch(() => {});
}

function isRemembered(file: unknown): file is Remembered {
  if (!isJsonObject(file) || file.format !== FORMAT) return false;
  const { learntAt, clients, about, offers, tools, lists, asks = [], incomplete = '', undeclared = false } = file;
  const { topics = { words: [], mark: '' } } = file;
  return (
    Number.isFinite(learntAt) &&
    areStrings(clients) &&
    areStrings(asks) &&
    typeof incomplete === 'string' &&
    typeof undeclared === 'boolean' &&
    isAbout(about) &&
    areStrings(offers) &&
    areTopics(topics) &&
    Array.isArray(tools) &&
    tools.every(isDefinition) &&
    isJsonObject(lists) &&
    Object.values(lists).every(isList)
  );
}

function isAbout(about: unknown): boolean {
  if (!isJsonObject(about)) return false;
  return [about.title, about.instructions].every((text) => text === undefined || typeof text === 'string');
}

function areTopics(topics: unknown): boolean {
  return isJsonObject(topics) && areStrings(topics.words) && typeof topics.mark === 'string';
}

function isDefinition(tool: unknown): boolean {
  return isJsonObject(tool) && typeof tool.name === 'string' && isJsonObject(tool.inputSchema);
}

function isList(list: unknown): boolean {
  return isJsonObject(list) && Array.isArray(list.items) && list.items.every(isJsonObject);
}

function areStrings(texts: unknown): boolean {
  return Array.isArray(texts) && texts.every((text) => typeof text === 'string');
}
