import type { GatewayConfig } from '../config/load.ts';
import { homeOf, triedBefore } from '../config/locate.ts';
import { projectFiles } from '../config/project/project-file.ts';
import type { RecordedEnvironment } from '../config/recorded-environment.ts';
import type { ConfigSource } from '../config/source/source.ts';
import { instructions } from '../downstream/protocol/instructions.ts';
import { metaToolDefinitions } from '../downstream/protocol/meta-tools.ts';
import { cacheDirectory } from '../platform/directories.ts';
import { type CatalogCache, serverMemory } from '../upstream/catalog-cache.ts';
import { secretRedactor } from '../upstream/redact.ts';
import { type Basis, keepIntroduction, stateOf } from './remembered-introduction.ts';

/** A start that serves a client over stdio. */
export interface StartedBy {
  readonly argv: readonly string[];
  readonly config: GatewayConfig;
  readonly source: ConfigSource;
  /** The environment with which the configuration was found and read. */
  readonly recorded: RecordedEnvironment;
  /** Working directory, by which a project is found. Without it nothing is kept: the variables that are read are unknown. */
  readonly directory: string | undefined;
  readonly memory: CatalogCache;
}

/**
 * Keeps the introduction of this start for the next one. Made after the configuration was read and before catalogs are
 * recalled, so that a file that changes meanwhile is noticed.
 */
export class IntroductionKeeper {
  readonly #start: StartedBy;
  readonly #basis: Basis | undefined;
  readonly #known: string | undefined;
  readonly #state: string | undefined;

  constructor(start: StartedBy) {
    this.#start = start;
    this.#basis = basisOf(start);
    this.#known = start.source.known;
    this.#state = this.#currentState();
  }

  /** Keeps what the client was told, unless what it was made of has changed since. */
  async keep(told: string): Promise<void> {
    if (this.#state !== undefined && this.#currentState() === this.#state) await this.#write(told);
  }

  /** Keeps what the next start will tell, with what was learnt since. Reads all catalogs, so only for the end. */
  async keepLearnt(): Promise<void> {
    const before = this.#currentState();
    if (before === undefined || before === this.#state) return;
    const told = instructions(this.#start.config, serverMemory(cacheDirectory()));
    if (this.#currentState() === before) await this.#write(told);
  }

  /** State of the files; undefined if the configuration is another one by now, or cannot be remembered. */
  #currentState(): string | undefined {
    const { source } = this.#start;
    return this.#basis && source.fingerprint() === this.#known ? stateOf(this.#basis) : undefined;
  }

  async #write(told: string): Promise<void> {
    const { argv, config } = this.#start;
    const isOpen = config.servers.every((server) => secretRedactor(server)(told) === told);
    if (this.#basis && isOpen)
      await keepIntroduction(argv, this.#basis, { instructions: told, tools: metaToolDefinitions() });
  }
}

/** Undefined if the configuration was made of more than a basis can name. */
function basisOf({ config, recorded: { env, asked }, directory, memory }: StartedBy): Basis | undefined {
  const variables = asked();
  if (directory === undefined || config.later || config.project || variables === undefined) return undefined;
  return {
    config: config.path,
    variables,
    absent: [...triedBefore(config.path), ...projectFiles(directory, homeOf(env))],
    catalogs: config.servers.flatMap((server) => memory.fileFor(server) ?? []),
  };
}
