import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { causeOf } from '../../core/errors.ts';
import type { Environment } from '../../platform/gateway-environment.ts';
import { expandHome } from '../../platform/home-directory.ts';

/** The sources of values other than the environment. */
export interface Sources {
  /**
   * Returns a value of the gateway's `secrets`; undefined if they have none. With `isOnly`, a missing value is a fault,
   * because it can come from no other source.
   */
  readonly secret: (name: string, isOnly: boolean) => string | undefined;
  /** Returns the content of the file at a path as written; undefined if it cannot be used. */
  readonly file: (path: string) => string | undefined;
  /** Called with each value that came from the environment. */
  readonly filled?: (name: string, value: string) => void;
}

/** The values of the `secrets` settings, as far as they are known. */
export interface Secrets {
  readonly values: Environment;
  /** The cause that there are none, as the end of a sentence. */
  readonly problem?: string;
  /** True if they have not been read yet. */
  readonly isPending?: boolean;
}

/** Used if the settings have no `secrets`. */
export const NO_SECRETS: Secrets = { values: {}, problem: 'the settings of the gateway have no "secrets"' };

/** Used before the secrets are read. Enough for entries that need none. */
export const PENDING_SECRETS: Secrets = {
  values: {},
  problem: 'the "secrets" of the gateway have not answered yet; it goes on when they have',
  isPending: true,
};

/** The places in which files and secrets are searched. */
interface SecretPlaces {
  /** Absolute folder at which relative paths start. */
  readonly folder: string;
  readonly home: string;
  readonly secrets?: Secrets | undefined;
}

/** Longest file that is filled in, in bytes. */
const MAX_FILE_BYTES = 65_536;

/** Variables that hold no secret. If a home directory were blanked, no path would be readable. */
const OF_THE_SYSTEM =
  /^(?:HOME|USERPROFILE|USER|USERNAME|LOGNAME|SHELL|PATH|PWD|OLDPWD|TMPDIR|TEMP|TMP|LANG|LC_\w+|TZ|HOSTNAME|COMPUTERNAME|XDG_\w+|(?:LOCAL)?APPDATA|PROGRAMFILES|NODE_ENV)$/;

/** True if a variable describes the system or its user. */
export function isOfTheSystem(name: string): boolean {
  return OF_THE_SYSTEM.test(name);
}

/** The sources of one entry's texts. Records the values given and the faults found. */
export class EntrySecrets implements Sources {
  /** Values that files and secrets gave. */
  readonly given = new Set<string>();
  /** Values that the environment gave, except those that describe the system and its user. */
  readonly filledIn = new Set<string>();
  /** References without a value, and the cause: `found …, expected …`. */
  readonly faults: string[] = [];
  readonly #places: SecretPlaces;
  #waits = false;

  constructor(places: SecretPlaces) {
    this.#places = places;
  }

  /** True if a value was requested from secrets that have not been read yet. */
  get waits(): boolean {
    return this.#waits;
  }

  readonly secret = (name: string, isOnly: boolean): string | undefined => {
    const { secrets = NO_SECRETS } = this.#places;
    const value = Object.hasOwn(secrets.values, name) ? secrets.values[name] : undefined;
    if (secrets.isPending) this.#waits = true;
    if (value !== undefined) this.given.add(value);
    else if (isOnly) this.#fault(`{secret:${name}}`, secrets.problem ?? `the secrets have no ${name}`, 'a secret');
    return value;
  };

  readonly filled = (name: string, value: string): void => {
    if (!isOfTheSystem(name)) this.filledIn.add(value);
  };

  readonly file = (written: string): string | undefined => {
    try {
      const value = contentOf(this.#pathOf(written), MAX_FILE_BYTES);
      this.given.add(value);
      return value;
    } catch (error) {
      this.#fault(`{file:${written}}`, causeOf(error), 'a readable file');
      return undefined;
    }
  };

  /** True if a file or directory exists at a path as written. */
  isFile(written: string): boolean {
    return existsSync(this.#pathOf(written));
  }

  #pathOf(written: string): string {
    const { folder, home } = this.#places;
    return resolve(folder, expandHome(written, home));
  }

  /**
   * Returns the cause that secrets could not supply an unset variable, in brackets; empty if they are absent or were
   * read.
   */
  aside(): string {
    const { secrets = NO_SECRETS } = this.#places;
    return secrets.problem === undefined || secrets === NO_SECRETS ? '' : ` (${secrets.problem})`;
  }

  #fault(found: string, why: string, expected: string): void {
    this.faults.push(`found ${found} but ${why}, expected ${expected}; write {${found}} for the text as it stands`);
  }
}

/**
 * Returns the text of a file without line breaks at its end. Throws if it is missing, not a regular file, or longer
 * than `maxBytes`.
 */
export function contentOf(path: string, maxBytes: number): string {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) throw new Error(`there is no ${path}`);
  // A pipe or a device could have no end.
  if (!file.isFile()) throw new Error(`${path} is no file`);
  if (file.size > maxBytes) throw new Error(`${path} has more than ${maxBytes} bytes`);
  return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '');
}
