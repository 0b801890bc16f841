import { performance } from 'node:perf_hooks';
import { causeOf } from '../../core/errors.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import type { Logger } from '../../platform/log.ts';
import { fingerprintOf, isOldFormat, listDigest } from './fingerprint.ts';
import { keepDefinitions } from './stored-definitions.ts';
import { TrustLog } from './trust-messages.ts';
import {
  FirstListing,
  recordAfterListing,
  type TrustRecord,
  type TrustViolation,
  violationOf,
} from './trust-record.ts';
import { TrustStore } from './trust-store.ts';
import { forEachInSlices } from './yield-to-event-loop.ts';

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
  readonly #timer = new ComparisonTimer(() => void this.#compareLists());
  #tools: readonly ToolDefinition[] = [];
  /** True if the current list was compared as a whole. */
  #isCompared = true;
  #first: FirstListing | undefined;
  /** Violations by definition, computed with the record `#violationsOf`. Null: the definition is trusted. */
  #violations = new WeakMap<ToolDefinition, TrustViolation | null>();
  #violationsOf: TrustRecord | undefined;
  /** The running comparison; comparisons run one after the other. */
  #compared: Promise<void> = Promise.resolve();
  #followUps: Promise<void> = Promise.resolve();

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
  setTools(tools: readonly ToolDefinition[]): void {
    this.#tools = tools;
    this.#isCompared = false;
    if (!this.#store.record) this.#first ??= new FirstListing(tools);
    if (this.#store.exists || this.#store.failure !== undefined) this.#timer.begin();
    else void this.#compareLists();
  }

  /** The violation of a definition; undefined: it is trusted. */
  violation(definition: ToolDefinition): TrustViolation | undefined {
    this.#store.read();
    const violation = this.#findViolation(definition);
    // Another process may have trusted it meanwhile.
    return violation && this.#store.reread() ? this.#findViolation(definition) : violation;
  }

  /** The violation of a tool as the server lists it now. */
  currentViolation(name: string): TrustViolation | undefined {
    const definition = this.#tools.find((tool) => tool.name === name);
    return definition && this.violation(definition);
  }

  /** The objection to a call of a pinned tool. It includes `unkept`: the record on disk lacks the tool as it is now. */
  objection(definition: ToolDefinition): TrustViolation | undefined | Promise<TrustViolation | undefined> {
    const violation = this.violation(definition);
    if (violation && violation.kind !== 'unkept') return violation;
    if (!violation && this.#store.isKept(definition)) return undefined;
    return this.#compareLists().then(() => this.violation(definition) ?? this.#unkeptViolation(definition));
  }

  /** Resolves when all lists have been recorded on disk, if they can be. */
  async close(): Promise<void> {
    await this.#compareLists();
    await this.#followUps;
  }

  /** Compares all lists with the record, in slices, and writes new tools; resolves when that is done. Never rejects. */
  #compareLists(): Promise<void> {
    this.#timer.stop();
    const later: (() => Promise<void>)[] = [];
    this.#compared = this.#compared.then(() => this.#compareAll(later)).catch((error: unknown) => this.#failed(error));
    // Kept texts and log lines serve display only: callers that wait for the record do not wait for them.
    this.#followUps = Promise.all([this.#followUps, this.#compared]).then(async () => {
      for (const work of later) await work().catch((error: unknown) => this.#failed(error));
    });
    return this.#compared;
  }

  async #compareAll(later: (() => Promise<void>)[]): Promise<void> {
    this.#store.read();
    const first = this.#store.record ? undefined : this.#first?.tools;
    if (first && first !== this.#tools) await this.#compare(first, later);
    if (this.#isCompared && (this.#store.isWritten || !this.#store.record)) return;
    this.#isCompared = true;
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
    const before = await this.#store.write(
      (known) => ({ ...recordAfterListing(known, listed, options), list }),
      !options.isPinned,
    );
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
    return tools.some(({ name }) => isOldFormat(trusted?.get(name)?.fingerprint ?? ''));
  }

  #findViolation(definition: ToolDefinition): TrustViolation | undefined {
    const { problem, record } = this.#store;
    const isPinned = this.#options.isPinned();
    if (problem !== undefined && isPinned) return { kind: 'lost', fingerprint: '', cause: problem };
    if (!record) return this.#first?.violation(definition, isPinned);
    if (this.#violationsOf !== record) {
      this.#violations = new WeakMap();
      this.#violationsOf = record;
    }
    const violation = this.#violationIn(definition, record, isPinned);
    if (violation || !isPinned || this.#store.failure === undefined) return violation;
    return this.#unkeptViolation(definition);
  }

  #violationIn(definition: ToolDefinition, record: TrustRecord, isPinned: boolean): TrustViolation | undefined {
    const known = this.#violations.get(definition);
    if (known !== undefined) return known ?? undefined;
    const violation = violationOf(record, definition.name, fingerprintOf(definition), isPinned);
    // A tool that is missing from the record is doubtful on a pinned server. The record may gain it, so this is not cached.
    if (violation?.kind === 'changed') this.#violations.set(definition, violation);
    if (!violation && record.trusted.has(definition.name)) this.#violations.set(definition, null);
    return violation;
  }

  #unkeptViolation(definition: ToolDefinition): TrustViolation | undefined {
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
    if (this.#violationsOf !== record) this.#violations = new WeakMap();
    this.#violationsOf = record;
    const { trusted, untrusted } = record;
    for (const tool of tools) if (trusted.has(tool.name) && !untrusted.has(tool.name)) this.#violations.set(tool, null);
  }

  #failed(error: unknown): void {
    const { server, log } = this.#options;
    log.error('tools could not be compared with what was trusted', { server, error: causeOf(error) });
  }
}

async function fingerprintsOf(tools: readonly ToolDefinition[]): Promise<ReadonlyMap<string, string>> {
  const listed = new Map<string, string>();
  await forEachInSlices(tools, (tool) => {
    if (!listed.has(tool.name)) listed.set(tool.name, fingerprintOf(tool));
  });
  return listed;
}

/** Time in ms without a new list after which lists are compared as a whole: a start and its first searches go first. */
const IDLE_MS = 1_000;
/** Longest time in ms that a list waits for its comparison, even if the server lists again and again. */
const MAX_WAIT_MS = 5_000;

/** Schedules the next comparison of one server's lists. */
class ComparisonTimer {
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
