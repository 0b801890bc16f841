import { performance } from 'node:perf_hooks';
import { causeOf } from '../../core/errors.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import type { Logger } from '../../platform/log.ts';
import { fingerprintOf, isOld, listDigest } from './fingerprint.ts';
import { keepDefinitions } from './stored-definitions.ts';
import { TrustLog } from './trust-messages.ts';
import { doubtOf, FirstSight, noted, type TrustRecord, type TrustViolation } from './trust-record.ts';
import { TrustStore } from './trust-store.ts';
import { inSlices } from './yield-to-event-loop.ts';

interface ServerTrustOptions {
  /** Key of the server. */
  readonly server: string;
  /**
   * Path of the record for this server, with the data directory left out where there is none. It differs for another
   * server.
   */
  readonly identity: string;
  /** Path of the record. Absent: trust lasts for this run only. */
  readonly path?: string | undefined;
  readonly isPinned: () => boolean;
  readonly log: Logger;
  /** Called with each list that was not compared before. */
  readonly onNews: (tools: readonly ToolDefinition[]) => Promise<void>;
}

/** The trusted definitions of one server, and the tools that it lists now. */
export class ServerTrust {
  readonly #options: ServerTrustOptions;
  readonly #store: TrustStore;
  readonly #log: TrustLog;
  readonly #timer = new NoteTimer(() => void this.#note());
  #tools: readonly ToolDefinition[] = [];
  /** True if the current list was compared as a whole. */
  #isNoted = true;
  #first: FirstSight | undefined;
  /** Violations by definition, computed with the record `#doubtsOf`. Null: the definition is trusted. */
  #doubts = new WeakMap<ToolDefinition, TrustViolation | null>();
  #doubtsOf: TrustRecord | undefined;
  /** The running comparison; comparisons run one after the other. */
  #compared: Promise<void> = Promise.resolve();
  #told: Promise<void> = Promise.resolve();

  constructor(options: ServerTrustOptions) {
    this.#options = options;
    this.#store = new TrustStore(options.path);
    this.#log = new TrustLog(options.server, options.log);
  }

  get identity(): string {
    return this.#options.identity;
  }

  /**
   * Takes the new list of the server; costs next to nothing. The first list of a server is recorded at once, later ones
   * after a pause.
   */
  hear(tools: readonly ToolDefinition[]): void {
    this.#tools = tools;
    this.#isNoted = false;
    if (!this.#store.record) this.#first ??= new FirstSight(tools);
    if (this.#store.exists || this.#store.failure !== undefined) this.#timer.begin();
    else void this.#note();
  }

  /** The violation of a definition; undefined: it is trusted. */
  doubt(definition: ToolDefinition): TrustViolation | undefined {
    this.#store.read();
    const doubt = this.#look(definition);
    // Another process may have trusted it meanwhile.
    return doubt && this.#store.reread() ? this.#look(definition) : doubt;
  }

  /** The violation of a tool as the server lists it now. */
  doubtNow(name: string): TrustViolation | undefined {
    const definition = this.#tools.find((tool) => tool.name === name);
    return definition && this.doubt(definition);
  }

  /** The objection to a call of a pinned tool. It includes `unkept`: the record on disk lacks the tool as it is now. */
  objection(definition: ToolDefinition): TrustViolation | undefined | Promise<TrustViolation | undefined> {
    const doubt = this.doubt(definition);
    if (doubt && doubt.kind !== 'unkept') return doubt;
    if (!doubt && this.#store.isKept(definition)) return undefined;
    return this.#note().then(() => this.doubt(definition) ?? this.#unkept(definition));
  }

  /** Resolves when all lists have been recorded on disk, if they can be. */
  async close(): Promise<void> {
    await this.#note();
    await this.#told;
  }

  /** Compares all lists with the record, in slices, and writes new tools; resolves when that is done. Never rejects. */
  #note(): Promise<void> {
    this.#timer.stop();
    const later: (() => Promise<void>)[] = [];
    this.#compared = this.#compared.then(() => this.#compareAll(later)).catch((error: unknown) => this.#failed(error));
    // Kept texts and log lines serve display only: callers that wait for the record do not wait for them.
    this.#told = Promise.all([this.#told, this.#compared]).then(async () => {
      for (const work of later) await work().catch((error: unknown) => this.#failed(error));
    });
    return this.#compared;
  }

  async #compareAll(later: (() => Promise<void>)[]): Promise<void> {
    this.#store.read();
    const first = this.#store.record ? undefined : this.#first?.tools;
    if (first && first !== this.#tools) await this.#compare(first, later);
    if (this.#isNoted && (this.#store.isWritten || !this.#store.record)) return;
    this.#isNoted = true;
    await this.#compare(this.#tools, later);
    if (this.#store.record) this.#first = undefined;
  }

  async #compare(tools: readonly ToolDefinition[], later: (() => Promise<void>)[]): Promise<void> {
    const { isPinned, onNews } = this.#options;
    const { problem } = this.#store;
    if (problem !== undefined) this.#log.lost(problem, isPinned());
    // The record is unreadable, so only a person can say which tools were trusted.
    if (problem !== undefined && isPinned()) return;
    const list = await listDigest(tools);
    if (this.#store.record?.list !== list || !this.#store.isWritten || this.#hasOld(tools)) {
      const added = await this.#keep(tools, list);
      later.push(
        () => this.#keepTexts(added),
        () => onNews(tools),
      );
    }
    this.#remember(tools);
    this.#log.doubtful(tools, this.#store.record, isPinned());
  }

  /** Writes the record; resolves with the tools that became trusted by it. */
  async #keep(tools: readonly ToolDefinition[], list: string): Promise<readonly ToolDefinition[]> {
    const { isPinned } = this.#options;
    const listed = await fingerprintsOf(tools);
    const options = { isPinned: isPinned(), now: Date.now() };
    const before = await this.#store.write((known) => ({ ...noted(known, listed, options), list }), !options.isPinned);
    const { failure, record } = this.#store;
    if (failure !== undefined) this.#log.unkept(failure, options.isPinned);
    const isTrusted = ({ name }: ToolDefinition) => record?.trusted.get(name)?.fingerprint === listed.get(name);
    return tools.filter((tool) => {
      return isTrusted(tool) && before?.trusted.get(tool.name)?.fingerprint !== listed.get(tool.name);
    });
  }

  /** Keeps the texts of definitions, so that people can be shown the old one after a change. */
  async #keepTexts(added: readonly ToolDefinition[]): Promise<void> {
    const { path } = this.#options;
    if (path !== undefined && this.#store.isWritten) await keepDefinitions(path, added);
  }

  /** True if a tool is trusted by a fingerprint of the format without `others`. */
  #hasOld(tools: readonly ToolDefinition[]): boolean {
    const trusted = this.#store.record?.trusted;
    return tools.some(({ name }) => isOld(trusted?.get(name)?.fingerprint ?? ''));
  }

  #look(definition: ToolDefinition): TrustViolation | undefined {
    const { problem, record } = this.#store;
    const isPinned = this.#options.isPinned();
    if (problem !== undefined && isPinned) return { kind: 'lost', fingerprint: '', cause: problem };
    if (!record) return this.#first?.doubt(definition, isPinned);
    if (this.#doubtsOf !== record) {
      this.#doubts = new WeakMap();
      this.#doubtsOf = record;
    }
    const doubt = this.#doubtIn(definition, record, isPinned);
    if (doubt || !isPinned || this.#store.failure === undefined) return doubt;
    return this.#unkept(definition);
  }

  #doubtIn(definition: ToolDefinition, record: TrustRecord, isPinned: boolean): TrustViolation | undefined {
    const known = this.#doubts.get(definition);
    if (known !== undefined) return known ?? undefined;
    const doubt = doubtOf(record, definition.name, fingerprintOf(definition), isPinned);
    // Not cached: a tool that is missing from the record is doubtful on a pinned server, and the record may gain it.
    if (doubt?.kind === 'changed') this.#doubts.set(definition, doubt);
    if (!doubt && record.trusted.has(definition.name)) this.#doubts.set(definition, null);
    return doubt;
  }

  #unkept(definition: ToolDefinition): TrustViolation | undefined {
    const { failure: cause = 'it was not written' } = this.#store;
    return this.#store.isKept(definition) ? undefined : { kind: 'unkept', fingerprint: '', cause };
  }

  /**
   * After a comparison a trusted name is either unchanged or among the untrusted. The unchanged ones need not be looked
   * at again.
   */
  #remember(tools: readonly ToolDefinition[]): void {
    const { record } = this.#store;
    if (!record) return;
    if (this.#doubtsOf !== record) this.#doubts = new WeakMap();
    this.#doubtsOf = record;
    const { trusted, untrusted } = record;
    for (const tool of tools) if (trusted.has(tool.name) && !untrusted.has(tool.name)) this.#doubts.set(tool, null);
  }

  #failed(error: unknown): void {
    const { server, log } = this.#options;
    log.error('tools could not be compared with what was trusted', { server, error: causeOf(error) });
  }
}

async function fingerprintsOf(tools: readonly ToolDefinition[]): Promise<ReadonlyMap<string, string>> {
  const listed = new Map<string, string>();
  await inSlices(tools, (tool) => {
    if (!listed.has(tool.name)) listed.set(tool.name, fingerprintOf(tool));
  });
  return listed;
}

/** Time in ms without a new list after which lists are compared as a whole: a start and its first searches go first. */
const IDLE_MS = 1_000;
/** Longest time in ms that a list waits for its comparison, even if the server lists again and again. */
const MAX_WAIT_MS = 5_000;

/** Schedules the next comparison of one server's lists. */
class NoteTimer {
  readonly #run: () => void;
  #timer: NodeJS.Timeout | undefined;
  #latest: number | undefined;

  constructor(run: () => void) {
    this.#run = run;
  }

  /** Schedules a comparison, or postpones it within `MAX_WAIT_MS`. */
  begin(): void {
    const now = performance.now();
    this.#latest ??= now + MAX_WAIT_MS;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#run, Math.max(0, Math.min(IDLE_MS, this.#latest - now))).unref();
  }

  /** Cancels the scheduled comparison. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#latest = undefined;
  }
}
