import { accessSync, constants } from 'node:fs';
import { GatewayError } from '../../core/errors.ts';
import { dataDirectory } from '../../platform/directories.ts';
import { emptyConfig, type GatewayConfig, loadConfig, SECRETS_PATIENCE_MS } from '../load.ts';
import { homeOf } from '../locate.ts';
import { findProjectFile, PROJECT_FILE_NAMES, projectDirectories, recordPath } from '../project/project-file.ts';
import type { Environment } from '../substitute.ts';
import { directoriesToWatch, fingerprint } from '../watched-file.ts';
import type { Watched } from './watch.ts';

interface ProjectSourceOptions {
  /** Absolute path of the user's file. */
  readonly path: string;
  /** Working directory, by which the project is found. */
  readonly cwd: string;
  readonly env: Environment;
  /** Directory in which confirmations are kept. */
  readonly dataDirectory: string;
  /** Longest time in ms to wait for `secrets`. Absent: no limit. */
  readonly patienceMs?: number | undefined;
}

/** The user's file with the project's on top. Follows changes of both, and of the user's confirmation of the latter. */
export class ProjectSource implements ConfigSource {
  readonly #options: ProjectSourceOptions;
  readonly #home: string;
  #known: string | undefined;
  #usersOwn: readonly string[] = [];

  constructor(options: ProjectSourceOptions) {
    this.#options = options;
    this.#home = homeOf(options.env);
  }

  get known(): string | undefined {
    return this.#known;
  }

  /** Throws as `loadConfig` does for the user's file: while that is broken, it is unknown what a project may do. */
  async load(): Promise<GatewayConfig> {
    const { path, env, dataDirectory, patienceMs } = this.#options;
    this.#known = this.fingerprint();
    const own = await loadConfig(path, env, { patienceMs });
    const file = own.settings.project ? this.#projectFile() : undefined;
    if (file === undefined) return own;
    // Loaded on demand, because few projects have such a file and the module costs time at the start.
    const { withProject } = await import('../project/with-project.ts');
    const whole = await withProject(own, file, { env, dataDirectory });
    const later = own.later?.then((next) => withProject(next, file, { env, dataDirectory }));
    return { ...whole, ...(later && { later }) };
  }

  fingerprint(): string {
    const file = this.#projectFile();
    const files = [this.#options.path, ...(file === undefined ? [] : [file, this.#recordOf(file)])];
    return files.map((each) => `${each}=${fingerprint(each)}`).join('|');
  }

  directories(): readonly string[] {
    const file = this.#projectFile();
    const usersFiles = [this.#options.path, ...(file === undefined ? [] : [this.#recordOf(file)])];
    this.#usersOwn = usersFiles.flatMap((each) => directoriesToWatch(each));
    const above = projectDirectories(this.#options.cwd, this.#home).filter(isReadable);
    return [...new Set([...this.#usersOwn, ...above])];
  }

  /** True if a change matters. In a project's directory, where many files may change, only names of our files do. */
  concerns(directory: string, name: string): boolean {
    return this.#usersOwn.includes(directory) || PROJECT_FILE_NAMES.some((known) => known === name);
  }

  #projectFile(): string | undefined {
    return findProjectFile(this.#options.cwd, this.#home);
  }

  /** Returns the path of the record of the user's answer about a project's file. */
  #recordOf(file: string): string {
    return recordPath(this.#options.dataDirectory, file);
  }
}

/** True if a directory can be watched. Polling one that can be passed through but not read would find nothing. */
function isReadable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The origin of a configuration, which is read again when a watched file has changed. */
export interface ConfigSource extends Watched {
  /** Fingerprint at the last reading; undefined before the first. */
  readonly known: string | undefined;
  /** Reads the configuration. Throws as `loadConfig` does. */
  load(): Promise<GatewayConfig>;
}

/**
 * Makes a source of one file, by its absolute path. `known` is its fingerprint if it was read already; `patienceMs` is
 * the longest time in ms to wait for secrets.
 */
export function fileSource(path: string, known?: string, patienceMs?: number): ConfigSource {
  let read = known;
  return {
    get known() {
      return read;
    },
    fingerprint: () => fingerprint(path),
    directories: () => directoriesToWatch(path),
    load() {
      read = fingerprint(path);
      return loadConfig(path, undefined, { patienceMs });
    },
  };
}

/**
 * Makes a source of the user's file and that of the project to which `directory` belongs. Absent: projects do not
 * count.
 */
export function startSource(path: string, directory: string | undefined, env: Environment = process.env): ConfigSource {
  if (directory === undefined) return fileSource(path, undefined, SECRETS_PATIENCE_MS);
  return new ProjectSource({
    path,
    cwd: directory,
    env,
    dataDirectory: dataDirectory(),
    patienceMs: SECRETS_PATIENCE_MS,
  });
}

/**
 * Loads the first configuration. If the file is unusable, the gateway starts without servers, and the file is watched.
 */
export async function loadToStart(path: string, source: ConfigSource): Promise<GatewayConfig> {
  try {
    return await source.load();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return emptyConfig(path, [{ severity: 'error', message: error.message }]);
  }
}
