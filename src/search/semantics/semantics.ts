import { performance } from 'node:perf_hooks';
import { withTimeout } from '../../core/abort.ts';
import { BoundedMap } from '../../core/bounded-map.ts';
import { causeOf } from '../../core/errors.ts';
import type { ToolEntry } from '../../core/tool.ts';
import type { Logger } from '../../platform/log.ts';
import type { Likeness } from '../likeness.ts';
import { EmbeddingsEndpoint, type EmbeddingsEndpointOptions } from './embeddings-endpoint.ts';
import { embeddable, ToolVectors } from './tool-vectors.ts';
import { VectorFile } from './vector-file.ts';

export interface SemanticsOptions extends EmbeddingsEndpointOptions {
  /** Longest wait of a search, in ms. */
  readonly timeoutMs: number;
  /** Folder of the vector file; created if missing. */
  readonly directory: string;
  readonly log: Logger;
  /** Pauses after failures of the endpoint: 30 s, doubling to 10 min. */
  readonly cooldown?: Cooldown;
}

/** Texts per request: the smallest limit of common servers. */
const BATCH = 32;
/** Time for a batch, in ms: enough for a slow machine that has to load a local model first. */
const BATCH_TIMEOUT_MS = 60_000;
/** Number of new vectors after which the file is written in between. */
const SAVE_AFTER = 1_000;
const MAX_QUERIES = 200;

/**
 * Semantic ranking of tools: vectors of tools and queries from an embeddings endpoint. If the endpoint fails, results
 * are undefined and no error is raised.
 */
export class Semantics {
  readonly #timeoutMs: number;
  readonly #log: Logger;
  readonly #endpoint: EmbeddingsEndpoint;
  readonly #tools: ToolVectors;
  readonly #cooldown: Cooldown;
  readonly #closing = new AbortController();
  readonly #queryVectors = new BoundedMap<string, Float32Array>({ maxEntries: MAX_QUERIES });
  #hasWork = false;
  #isLearning = false;
  /** True while a batch is at the endpoint. */
  #hasBatchOut = false;
  #unsaved = 0;
  #later: NodeJS.Timeout | undefined;

  constructor(options: SemanticsOptions) {
    this.#timeoutMs = options.timeoutMs;
    this.#log = options.log;
    this.#endpoint = new EmbeddingsEndpoint(options);
    this.#tools = new ToolVectors(new VectorFile(options.directory, [options.url, options.model]));
    this.#cooldown = options.cooldown ?? new Cooldown();
  }

  /** Replaces the tools of one server. Their vectors are read from disk or requested in the background. */
  setServer(server: string, entries: readonly ToolEntry[]): void {
    this.#tools.setServer(server, entries);
    this.#work();
  }

  /** Removes a server and its tools; an unknown key is no error. */
  removeServer(server: string): void {
    this.#tools.removeServer(server);
  }

  /**
   * Returns how like tools are to a query, with the `most` visible ones that are nearest. Undefined if the endpoint does
   * not answer in time, failed recently or has given no vector yet. Never rejects.
   */
  async likeness(query: string, visible: (entry: ToolEntry) => boolean, most: number): Promise<Likeness | undefined> {
    if (this.#closing.signal.aborted || !this.#tools.hasVectors) return undefined;
    const vector = await this.#queryVector(embeddable(query));
    return vector && this.#tools.likeness(vector, visible, most);
  }

  /** Aborts the requests in the background. */
  close(): void {
    this.#closing.abort(new Error('the gateway is stopping'));
    clearTimeout(this.#later);
  }

  async #queryVector(query: string): Promise<Float32Array | undefined> {
    const known = this.#queryVectors.use(query);
    if (known) return known;
    const vector = await this.#askFor(query);
    if (vector) this.#queryVectors.set(query, vector);
    return vector;
  }

  async #askFor(query: string): Promise<Float32Array | undefined> {
    if (this.#cooldown.remainingMs > 0) return undefined;
    try {
      const [vector] = await this.#embed([query], this.#timeoutMs);
      this.#work();
      return vector;
    } catch (error) {
      // The query may only have waited behind a batch, whose outcome will tell whether the endpoint works.
      if (!this.#hasBatchOut) this.#pauseAfter(error);
      return undefined;
    }
  }

  async #embed(texts: readonly string[], timeoutMs: number): Promise<Float32Array[]> {
    const embed = (signal: AbortSignal) => this.#endpoint.embed(texts, signal);
    const vectors = await withTimeout(timeoutMs, embed, this.#closing.signal);
    this.#tools.checkDimensions(vectors[0]?.length ?? 0);
    this.#cooldown.succeeded();
    return vectors;
  }

  #work(): void {
    this.#hasWork = true;
    if (this.#isLearning || this.#closing.signal.aborted) return;
    if (this.#cooldown.remainingMs > 0) this.#workAfterPause();
    else void this.#learn();
  }

  #workAfterPause(): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.#work();
    }, this.#cooldown.remainingMs).unref();
  }

  /** Requests missing vectors until none is missing, including those of servers that come meanwhile. */
  async #learn(): Promise<void> {
    this.#isLearning = true;
    try {
      while (this.#hasWork) {
        this.#hasWork = false;
        await this.#learnMissing();
      }
      this.#isLearning = false;
    } catch (error) {
      this.#isLearning = false;
      this.#pauseAfter(error);
      this.#work();
    }
  }

  async #learnMissing(): Promise<void> {
    for (;;) {
      const batch = await this.#tools.missing(BATCH);
      if (batch.length === 0) break;
      this.#tools.learn(batch, await this.#embedBatch(batch.map(({ text }) => text)));
      this.#unsaved += batch.length;
      if (this.#unsaved >= SAVE_AFTER) await this.#save();
    }
    if (this.#unsaved > 0) await this.#save();
  }

  async #embedBatch(texts: readonly string[]): Promise<Float32Array[]> {
    this.#hasBatchOut = true;
    try {
      return await this.#embed(texts, BATCH_TIMEOUT_MS);
    } finally {
      this.#hasBatchOut = false;
    }
  }

  async #save(): Promise<void> {
    this.#unsaved = 0;
    try {
      await this.#tools.save(this.#closing.signal);
    } catch (error) {
      // Vectors that are not stored are requested again in the next run.
      this.#log.debug('vectors not kept', { error: causeOf(error) });
    }
  }

  #pauseAfter(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#cooldown.failed();
    const restMs = Math.round(this.#cooldown.remainingMs);
    this.#log.warning('no embeddings; search goes by words alone', { error: causeOf(error), restMs });
  }
}

export interface CooldownOptions {
  /** Pause after the first failure, in ms; doubled with each further one in a row. */
  readonly firstMs?: number;
  /** Longest pause, in ms. */
  readonly mostMs?: number;
  /** A clock in ms. */
  readonly now?: () => number;
}

/** Pause after failures. */
export class Cooldown {
  readonly #firstMs: number;
  readonly #mostMs: number;
  readonly #now: () => number;
  #restMs = 0;
  #until = 0;

  constructor({ firstMs = 30_000, mostMs = 600_000, now = () => performance.now() }: CooldownOptions = {}) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#now = now;
  }

  /** Remaining pause in ms; 0: none. */
  get remainingMs(): number {
    return Math.max(0, this.#until - this.#now());
  }

  /** Begins a pause, or a longer one. A failure during a pause does not count again. */
  failed(): void {
    if (this.remainingMs > 0) return;
    this.#restMs = this.#restMs === 0 ? this.#firstMs : Math.min(this.#restMs * 2, this.#mostMs);
    this.#until = this.#now() + this.#restMs;
  }

  succeeded(): void {
    this.#restMs = 0;
    this.#until = 0;
  }
}
