import { causeOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { ToolDefinition } from '../core/tool.ts';
import { fingerprintOf, listDigest } from './fingerprint.ts';
import { inSlices } from './in-slices.ts';
import { packed, unpacked } from './kept-definitions.ts';
import { cureFor } from './remarks.ts';
import { type ReadTrust, readTrust, stampOf, type TrustContents, updateTrust } from './trust-file.ts';
import { type Doubt, doubtOf, noted, type TrustRecord } from './trust-record.ts';

export interface ServerTrustOptions {
  /** Key of the server. */
  readonly server: string;
  /** Tells whether it is still the same server; the path of the file, if there is one. */
  readonly identity: string;
  /** The file; absent: known for this run only. */
  readonly path?: string | undefined;
  readonly isPinned: () => boolean;
  readonly log: Logger;
}

/** Fingerprints by name. */
type Listed = ReadonlyMap<string, string>;

/** Names of tools in one line of the log. */
const MAX_LOGGED = 20;
const NOTHING: TrustRecord = { trusted: new Map(), untrusted: new Map() };
const UNKEPT = 'which tools are trusted cannot be kept';

/** What one server was trusted with, and what it lists now. */
export class ServerTrust {
  readonly #options: ServerTrustOptions;
  #tools: readonly ToolDefinition[] = [];
  /** Whether the tools as they are now were compared as a whole. */
  #isNoted = true;
  #record: TrustRecord | undefined;
  /** Of the file as it was read; null: it was not read yet. */
  #stamp: string | undefined | null = null;
  /** Doubts about definitions; null: they are trusted. */
  #doubts = new WeakMap<ToolDefinition, Doubt | null>();
  /** Fingerprints of doubtful definitions that the log has. */
  readonly #logged = new Set<string>();

  constructor(options: ServerTrustOptions) {
    this.#options = options;
  }

  get identity(): string {
    return this.#options.identity;
  }

  /** The server lists these tools now. Costs next to nothing, unless it lists others before its very first were noted. */
  hear(tools: readonly ToolDefinition[]): void {
    const before = this.#isNoted ? undefined : this.#tools;
    this.#tools = tools;
    this.#isNoted = false;
    if (!before) return;
    this.#read();
    this.#record ??= this.#noted(undefined, new Map(before.map((tool) => [tool.name, fingerprintOf(tool)])));
  }

  /** What is wrong with a definition; undefined: nothing. */
  doubt(definition: ToolDefinition): Doubt | undefined {
    this.#read();
    const doubt = this.#look(definition);
    // What was doubtful may have been trusted meanwhile, by another process.
    return doubt && this.#reread() ? this.#look(definition) : doubt;
  }

  /** What is wrong with a tool as the server lists it by now. */
  doubtNow(name: string): Doubt | undefined {
    const definition = this.#tools.find((tool) => tool.name === name);
    return definition && this.doubt(definition);
  }

  /** Whether anything is known of it from before. */
  get isKnown(): boolean {
    this.#read();
    return this.#record !== undefined;
  }

  /** Compares all that was heard with what is trusted, in slices, and keeps what is new. Resolves with the tools if the list is new. */
  async note(): Promise<readonly ToolDefinition[]> {
    if (this.#isNoted) return [];
    this.#isNoted = true;
    const tools = this.#tools;
    const list = await listDigest(tools);
    this.#read();
    const isNews = this.#record?.list !== list;
    if (isNews) await this.#keep(tools, await fingerprintsOf(tools), list);
    this.#remember(tools);
    this.#tell(tools);
    return isNews ? tools : [];
  }

  #noted(before: TrustRecord | undefined, listed: Listed): TrustRecord {
    return noted(before, listed, { isPinned: this.#options.isPinned(), now: Date.now() });
  }

  #look(definition: ToolDefinition): Doubt | undefined {
    const known = this.#doubts.get(definition);
    if (known !== undefined) return known ?? undefined;
    const fingerprint = fingerprintOf(definition);
    const doubt = this.#doubtOf(definition.name, fingerprint);
    // A new tool is doubtful on a pinned server only, and that may change.
    if (doubt?.kind === 'changed') this.#doubts.set(definition, doubt);
    if (this.#isTrusted(definition.name, fingerprint)) this.#doubts.set(definition, null);
    return doubt;
  }

  #isTrusted(name: string, fingerprint: string | undefined): boolean {
    return this.#record?.trusted.get(name)?.fingerprint === fingerprint;
  }

  #doubtOf(name: string, fingerprint: string): Doubt | undefined {
    return doubtOf(this.#record, name, fingerprint, this.#options.isPinned());
  }

  async #keep(tools: readonly ToolDefinition[], listed: Listed, list: string): Promise<void> {
    const { path, log, server } = this.#options;
    const inMemory = { ...this.#noted(this.#record, listed), list };
    if (path === undefined) return this.#take(inMemory, undefined);
    try {
      await this.#write(path, tools, listed, list);
    } catch (error) {
      this.#take(inMemory, this.#stamp ?? undefined);
      if (!this.#logged.has('unkept')) log.warning(UNKEPT, { server, path, error: causeOf(error) });
      this.#logged.add('unkept');
    }
  }

  async #write(path: string, tools: readonly ToolDefinition[], listed: Listed, list: string): Promise<void> {
    let written: TrustRecord | undefined;
    const stamp = await updateTrust(path, (read) => {
      this.#tellCorrupt(read);
      // Another gateway may have come first: what it saw counts.
      written = { ...this.#noted(read.contents?.record ?? this.#record, listed), list };
      return contentsOf(written, tools, listed, read);
    });
    this.#take(written, stamp);
  }

  #take(record: TrustRecord | undefined, stamp: string | undefined): void {
    this.#record = record;
    this.#stamp = stamp;
    this.#doubts = new WeakMap();
  }

  /** After a comparison every tool is in the record as it is now, if there was room: what is trusted need not be looked at again. */
  #remember(tools: readonly ToolDefinition[]): void {
    const { trusted, untrusted } = this.#record ?? NOTHING;
    for (const tool of tools) if (trusted.has(tool.name) && !untrusted.has(tool.name)) this.#doubts.set(tool, null);
  }

  #read(): void {
    if (this.#stamp === null) this.#reread();
  }

  /** Whether the file differs from when it was last read. */
  #reread(): boolean {
    const { path } = this.#options;
    const stamp = path === undefined ? undefined : stampOf(path);
    if (stamp === this.#stamp) return false;
    const read = path === undefined || stamp === undefined ? {} : readTrust(path);
    this.#tellCorrupt(read);
    this.#take(read.contents?.record, stamp);
    return true;
  }

  #tellCorrupt({ isCorrupt }: ReadTrust): void {
    const { path, log, server } = this.#options;
    if (!isCorrupt || this.#logged.has('corrupt')) return;
    this.#logged.add('corrupt');
    log.warning('what was trusted cannot be read: the server begins anew', { server, path: `${path}.corrupt` });
  }

  /** One line for all that the log does not have yet. */
  #tell(tools: readonly ToolDefinition[]): void {
    const { server, log, isPinned } = this.#options;
    const doubtful = [...(this.#record ?? NOTHING).untrusted].map(([name, { fingerprint }]) => ({ name, fingerprint }));
    const names = new Set(doubtful.length > 0 ? tools.map(({ name }) => name) : []);
    const news = doubtful.filter(({ name, fingerprint }) => {
      return names.has(name) && this.#doubtOf(name, fingerprint) && !this.#logged.has(`${fingerprint} ${name}`);
    });
    if (news.length === 0) return;
    for (const { name, fingerprint } of news) this.#logged.add(`${fingerprint} ${name}`);
    const shown = news.slice(0, MAX_LOGGED).map(({ name }) => name);
    const fields = { server, tools: shown, count: news.length, blocked: isPinned(), cure: cureFor(server) };
    log.warning('tools are not as they were trusted', fields);
  }
}

async function fingerprintsOf(tools: readonly ToolDefinition[]): Promise<Listed> {
  const listed = new Map<string, string>();
  await inSlices(tools, (tool) => {
    if (!listed.has(tool.name)) listed.set(tool.name, fingerprintOf(tool));
  });
  return listed;
}

/** The record, with the definitions that it trusts as far as they are known. */
async function contentsOf(
  record: TrustRecord,
  tools: readonly ToolDefinition[],
  listed: Listed,
  { contents }: ReadTrust,
): Promise<TrustContents> {
  const isNew = (name: string) => contents?.record.trusted.get(name)?.fingerprint !== listed.get(name);
  const added = tools.filter(({ name }) => record.trusted.get(name)?.fingerprint === listed.get(name) && isNew(name));
  if (contents && added.length === 0) return { record, definitions: contents.definitions };
  const definitions = await unpacked(contents?.definitions ?? '');
  // Of two tools of one name the first counts.
  for (const tool of added.toReversed()) definitions.set(tool.name, tool);
  return { record, definitions: await packed(definitions) };
}
