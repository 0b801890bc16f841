import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { causeOf } from '../../core/errors.ts';
import type { Environment } from '../../platform/gateway-environment.ts';
import { expandHome } from '../../platform/home-directory.ts';

/** Where values come from that the environment does not have. */
export interface Sources {
  /** A value of the gateway's `secrets`; undefined where they have none. `isOnly`: it may come from nowhere else. */
  readonly secret: (name: string, isOnly: boolean) => string | undefined;
  /** The content of the file at a path as written; undefined where it cannot be used. */
  readonly file: (path: string) => string | undefined;
  /** Called with each value that the environment gave. */
  readonly filled?: (name: string, value: string) => void;
}

/** What the `secrets` of the settings hold, as far as it is known. */
export interface Secrets {
  readonly values: Environment;
  /** Why there are none, as the end of a sentence. */
  readonly problem?: string;
  /** They have not been asked yet. */
  readonly isPending?: boolean;
}

/** Without `secrets` in the settings. */
export const NO_SECRETS: Secrets = { values: {}, problem: 'the settings of the gateway have no "secrets"' };

/** What is known before anything is run: enough for whoever needs none. */
export const PENDING_SECRETS: Secrets = {
  values: {},
  problem: 'the "secrets" of the gateway have not answered yet; it goes on when they have',
  isPending: true,
};

/** The places in which a value is looked for. */
interface SecretPlaces {
  /** Relative paths start here; absolute. */
  readonly folder: string;
  readonly home: string;
  readonly secrets?: Secrets | undefined;
}

/** Longest file that is filled in, in bytes. */
const MAX_FILE_BYTES = 65_536;

/** Variables that no secret is kept in: to blank a home directory would leave no path readable. */
const OF_THE_SYSTEM =
  /^(?:HOME|USERPROFILE|USER|USERNAME|LOGNAME|SHELL|PATH|PWD|OLDPWD|TMPDIR|TEMP|TMP|LANG|LC_\w+|TZ|HOSTNAME|COMPUTERNAME|XDG_\w+|(?:LOCAL)?APPDATA|PROGRAMFILES|NODE_ENV)$/;

/** True if a variable is one that says something of the system and its user. */
export function isOfTheSystem(name: string): boolean {
  return OF_THE_SYSTEM.test(name);
}

/** What files and secrets give to the texts of one entry, and what they could not give. */
export class EntrySecrets implements Sources {
  /** Values that were given. */
  readonly given = new Set<string>();
  /** What the environment gave, but for what it says of the system and its user. */
  readonly filledIn = new Set<string>();
  /** References without a value, and the cause: `found …, expected …`. */
  readonly faults: string[] = [];
  readonly #places: SecretPlaces;
  #waits = false;

  constructor(places: SecretPlaces) {
    this.#places = places;
  }

  /** True if something was wanted of secrets that have not been asked yet. */
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

  /** True if there is something at a path as written. */
  isFile(written: string): boolean {
    return existsSync(this.#pathOf(written));
  }

  #pathOf(written: string): string {
    const { folder, home } = this.#places;
    return resolve(folder, expandHome(written, home));
  }

  /** Why a variable that is not set is not among the secrets either; empty where nothing is to be said. */
  aside(): string {
    const { secrets = NO_SECRETS } = this.#places;
    return secrets.problem === undefined || secrets === NO_SECRETS ? '' : ` (${secrets.problem})`;
  }

  #fault(found: string, why: string, expected: string): void {
    this.faults.push(`found ${found} but ${why}, expected ${expected}; write {${found}} for the text as it stands`);
  }
}

/** The text of a file without the newline at its end. Throws where it is none, or longer than that. */
export function contentOf(path: string, maxBytes: number): string {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) throw new Error(`there is no ${path}`);
  // A pipe or a device could be read for ever.
  if (!file.isFile()) throw new Error(`${path} is no file`);
  if (file.size > maxBytes) throw new Error(`${path} has more than ${maxBytes} bytes`);
  return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '');
}
