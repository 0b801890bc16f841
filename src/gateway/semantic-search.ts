import { isDeepStrictEqual } from 'node:util';
import type { MeaningSearch } from '../broker/finder.ts';
import type { LiveSettings } from '../config/settings.ts';
import type { ToolEntry } from '../core/tool.ts';
import type { Logger } from '../platform/log.ts';
import type { Catalog } from '../search/catalog.ts';
import type { WeightedLikeness } from '../search/likeness.ts';
import type { Semantics } from '../search/semantics/semantics.ts';

type EmbeddingsSettings = LiveSettings['search']['embeddings'];

/** Tools that may join those that words have found. */
const MOST_NEAREST = 50;

interface SemanticSearchOptions {
  /** Returns the current settings, which follow the file. */
  readonly settings: () => EmbeddingsSettings;
  readonly catalog: Catalog;
  /** Directory of the vectors; absent: there is no search by meaning. */
  readonly directory: string | undefined;
  readonly log: Logger;
}

/** Search by meaning while an endpoint is configured. Its code is loaded with the first endpoint. */
export class SemanticSearch implements MeaningSearch {
  readonly #options: SemanticSearchOptions;
  /** Keys of the servers whose tools the catalog has. */
  readonly #servers = new Set<string>();
  #used: EmbeddingsSettings;
  #semantics: Promise<Semantics | undefined> | undefined;

  constructor(options: SemanticSearchOptions) {
    this.#options = options;
  }

  /** Changes to the endpoint that the settings name now; does nothing if they are the same. */
  reload(): void {
    const settings = this.#options.settings();
    if (isDeepStrictEqual(settings, this.#used)) return;
    void this.close();
    this.#used = settings;
    this.#semantics = settings && this.#open(settings);
    for (const server of this.#servers) this.setServer(server);
  }

  /** Reads the tools of a server from the catalog. */
  setServer(server: string): void {
    this.#servers.add(server);
    void this.#semantics?.then((known) => known?.setServer(server, this.#options.catalog.toolsOf(server)));
  }

  removeServer(server: string): void {
    this.#servers.delete(server);
    void this.#semantics?.then((known) => known?.removeServer(server));
  }

  /** Asks the endpoint; undefined if there is none, if it has no weight or does not answer in time. */
  async likeness(query: string, visible: (entry: ToolEntry) => boolean): Promise<WeightedLikeness | undefined> {
    const weight = this.#options.settings()?.weight ?? 0;
    if (!this.#semantics || weight === 0) return undefined;
    const known = await (await this.#semantics)?.likeness(query, visible, MOST_NEAREST);
    return known && { ...known, weight };
  }

  /** Stops work in the background. */
  async close(): Promise<void> {
    (await this.#semantics)?.close();
  }

  async #open(settings: NonNullable<EmbeddingsSettings>): Promise<Semantics | undefined> {
    const { directory, log } = this.#options;
    if (directory === undefined) return undefined;
    const { Semantics } = await import('../search/semantics/semantics.ts');
    return new Semantics({ ...settings, directory, log });
  }
}
