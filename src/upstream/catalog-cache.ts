import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../config/schema.ts';
import { holdsExact, parseJson, writeJson } from '../core/exact-json.ts';
import { isJsonObject } from '../core/json.ts';
import type { ClientIdentity } from '../core/peer.ts';
import { clientMark, type RememberedCatalog, type RememberedList, type ServerCatalog } from '../core/server-catalog.ts';
import { keepNewest, readOwn, writeWhole } from '../platform/atomic-file.ts';
import { secretRedactor } from './redact.ts';

interface RememberedServersOptions {
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
export class CatalogCache {
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

/** What servers offered when they were last asked, kept in `servers` of that directory; without one, for this run only. */
export function serverMemory(cacheDirectory: string | undefined): CatalogCache {
  return new CatalogCache({
    redactor: secretRedactor,
    ...(cacheDirectory !== undefined && { directory: join(cacheDirectory, 'servers') }),
  });
}

/** All that is remembered of one server. */
interface Remembered extends RememberedCatalog {
  /** Its lists of resources, templates and prompts, as far as they were read, by their names. */
  readonly lists: Readonly<Record<string, RememberedList>>;
}

/** Version of the format: part of the files and of their names. */
const FORMAT = 1;
/** Longest file, in bytes: what takes longer to read than to ask for is not worth keeping. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Files kept at most, those written longest ago removed first. */
const MAX_FILES = 500;

/** What a file holds; undefined when it is missing, corrupt, not of this format, or not ours. */
function readCatalog(path: string): Remembered | undefined {
  try {
    const text = readOwn(path, MAX_BYTES);
    const file: unknown = text === undefined ? undefined : parseJson(text);
    return isRemembered(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** The JSON of a file, as `writeCatalog` takes it; undefined when any text in it holds what `redact` blanks. */
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

/** Replaces a file whole, readable by its owner only. A disk that refuses costs nothing but the memory. */
async function writeCatalog(path: string, text: string): Promise<void> {
  if (Buffer.byteLength(text) > MAX_BYTES) return;
  await writeWhole(path, text)
    .then(() => keepNewest(dirname(path), MAX_FILES))
    .catch(() => {});
}

function isRemembered(file: unknown): file is Remembered {
  if (!isJsonObject(file) || file.format !== FORMAT) return false;
  const { learntAt, clients, about, offers, tools, lists, asks = [], incomplete = '', undeclared = false } = file;
  return (
    Number.isFinite(learntAt) &&
    areStrings(clients) &&
    areStrings(asks) &&
    typeof incomplete === 'string' &&
    typeof undeclared === 'boolean' &&
    isAbout(about) &&
    areStrings(offers) &&
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

function isDefinition(tool: unknown): boolean {
  return isJsonObject(tool) && typeof tool.name === 'string' && isJsonObject(tool.inputSchema);
}

function isList(list: unknown): boolean {
  return isJsonObject(list) && Array.isArray(list.items) && list.items.every(isJsonObject);
}

function areStrings(texts: unknown): boolean {
  return Array.isArray(texts) && texts.every((text) => typeof text === 'string');
}
