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
  /** Within the project, if it is one. */
  readonly cwd: string;
  readonly env: Environment;
  /** Directory in which confirmations are kept. */
  readonly dataDirectory: string;
  /** Longest wait for `secrets`, in ms; absent: until they have answered. */
  readonly patienceMs?: number | undefined;
}

/** The user's file and over it that of the project; both are followed, and so is what a person says to the latter. */
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

  /** Throws as `loadConfig` does, for the user's file: while that is broken, nobody knows what a project may do. */
  async load(): Promise<GatewayConfig> {
    const { path, env, dataDirectory, patienceMs } = this.#options;
    this.#known = this.fingerprint();
    const own = await loadConfig(path, env, { patienceMs });
    const file = own.settings.project ? this.#projectFile() : undefined;
    if (file === undefined) return own;
    // Most people have no such file, and what reads it costs time at the start.
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

  /** A project's directory may be a busy one, of which only the names of our files matter. */
  concerns(directory: string, name: string): boolean {
    return this.#usersOwn.includes(directory) || PROJECT_FILE_NAMES.some((known) => known === name);
  }

  #projectFile(): string | undefined {
    return findProjectFile(this.#options.cwd, this.#home);
  }

  /** Where it is kept what a person said to that file. */
  #recordOf(file: string): string {
    return recordPath(this.#options.dataDirectory, file);
  }
}

/** What may be passed through but not read cannot be watched, and to look there every now and then would be for nothing. */
function isReadable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where a configuration comes from: it is read, and read again when what is watched has changed. */
export interface ConfigSource extends Watched {
  /** Its fingerprint as it was when it was last read. */
  readonly known: string | undefined;
  /** As it is now. Throws as `loadConfig` does. */
  load(): Promise<GatewayConfig>;
}

/**
 * One file, by its absolute path; `known` is its fingerprint where it has been read already, `patienceMs` how long secrets
 * are waited for.
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

/** The user's file, and over it that of the project to which `directory` belongs; absent: projects do not count. */
export function startSource(path: string, directory: string | undefined): ConfigSource {
  if (directory === undefined) return fileSource(path, undefined, SECRETS_PATIENCE_MS);
  return new ProjectSource({
    path,
    cwd: directory,
    env: process.env,
    dataDirectory: dataDirectory(),
    patienceMs: SECRETS_PATIENCE_MS,
  });
}

/** The configuration to start with. A file that cannot be read costs its servers, not the gateway: it is watched. */
export async function loadToStart(path: string, source: ConfigSource): Promise<GatewayConfig> {
  try {
    return await source.load();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return emptyConfig(path, [{ severity: 'error', message: error.message }]);
  }
}
