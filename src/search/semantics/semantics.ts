import { performance } from 'node:perf_hooks';
import { withTimeout } from '../../core/abort.ts';
import { BoundedMap } from '../../core/bounded-map.ts';
import { causeOf } from '../../core/errors.ts';
import type { ToolEntry } from '../../core/tool.ts';
import type { Logger } from '../../platform/log.ts';
import { EmbeddingsEndpoint, type EmbeddingsEndpointOptions } from './embeddings-endpoint.ts';
import { embeddable, ToolVectors } from './tool-vectors.ts';
import { VectorFile } from './vector-file.ts';

export interface SemanticsOptions extends EmbeddingsEndpointOptions {
  /** Longest wait of a search, in ms. */
  readonly timeoutMs: number;
  /** Where vectors are kept; made if it is not there. */
  readonly directory: string;
  readonly log: Logger;
  /** How long the endpoint is left alone when it failed: 30 s, doubling to 10 min. */
  readonly cooldown?: Cooldown;
}

/** Texts of one request: the smallest limit that common servers have. */
const BATCH = 32;
/** Time for a batch, in ms: a local model on a slow machine, loaded first. */
const BATCH_TIMEOUT_MS = 60_000;
/** New vectors after which the file is written, though more are to come. */
const SAVE_AFTER = 1_000;
const MAX_QUERIES = 200;

/** Tools by what they mean: vectors of tools and queries from an embeddings endpoint. Without the endpoint there is no answer, and no error. */
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
  /** Whether the endpoint is at work on a batch. */
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

  /** Replaces one server's tools. Their vectors are read from disk or asked for in the background. */
  setServer(server: string, entries: readonly ToolEntry[]): void {
    this.#tools.setServer(server, entries);
    this.#work();
  }

  /** Forgets a server and its tools; an unknown key is no error. */
  removeServer(server: string): void {
    this.#tools.removeServer(server);
  }

  /**
   * Cosine similarity (0 to 1) by id of the `most` visible tools nearest to a query, best first. Undefined when the
   * endpoint does not answer in time, failed lately or gave no vector yet; never rejects.
   */
  async similar(
    query: string,
    visible: (entry: ToolEntry) => boolean,
    most: number,
  ): Promise<ReadonlyMap<string, number> | undefined> {
    if (this.#closing.signal.aborted || !this.#tools.any) return undefined;
    const vector = await this.#queryVector(embeddable(query));
    return vector && this.#tools.nearest(vector, visible, most);
  }

  /** Abandons what goes on in the background. */
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
      // It may only have waited behind a batch, which will tell whether the endpoint works.
      if (!this.#hasBatchOut) this.#rest(error);
      return undefined;
    }
  }

  async #embed(texts: readonly string[], timeoutMs: number): Promise<Float32Array[]> {
    const embed = (signal: AbortSignal) => this.#endpoint.embed(texts, signal);
    const vectors = await withTimeout(timeoutMs, embed, this.#closing.signal);
    this.#tools.expect(vectors[0]?.length ?? 0);
    this.#cooldown.succeeded();
    return vectors;
  }

  #work(): void {
    this.#hasWork = true;
    if (this.#isLearning || this.#closing.signal.aborted) return;
    if (this.#cooldown.remainingMs > 0) this.#workLater();
    else void this.#learn();
  }

  #workLater(): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.#work();
    }, this.#cooldown.remainingMs).unref();
  }

  /** Asks for what is missing until nothing is, also of servers that come meanwhile. */
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
      this.#rest(error);
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
      // What cannot be kept is asked for again in the next run.
      this.#log.debug('vectors not kept', { error: causeOf(error) });
    }
  }

  #rest(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#cooldown.failed();
    const restMs = Math.round(this.#cooldown.remainingMs);
    this.#log.warning('no embeddings; search goes by words alone', { error: causeOf(error), restMs });
  }
}

export interface CooldownOptions {
  /** Rest after the first failure, in ms; doubled with each further one in a row. */
  readonly firstMs?: number;
  /** Longest rest, in ms. */
  readonly mostMs?: number;
  /** A clock in ms. */
  readonly now?: () => number;
}

/** How long something that failed is left alone. */
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

  /** 0 when it may be tried. */
  get remainingMs(): number {
    return Math.max(0, this.#until - this.#now());
  }

  /** Several attempts that fail together count as one. */
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
