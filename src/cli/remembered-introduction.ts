import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { pruneOldest, readOwnedFile, writeFileAtomic } from '../platform/atomic-file.ts';
import { cacheDirectory } from '../platform/directories.ts';
import { homeDirectory } from '../platform/home-directory.ts';
import { realPath } from '../platform/real-path.ts';
import { VERSION } from '../version.ts';

/** What an introduction was made of, beside the command line, the working directory and this build of the gateway. */
export interface Basis {
  /** Absolute path of the configuration file. */
  readonly config: string;
  /** Names of all variables that were asked for, set or not. */
  readonly variables: readonly string[];
  /** Paths at which nothing may be: a file there would be read too, or instead. */
  readonly absent: readonly string[];
  /** Files of remembered catalogs, whether or not they exist. */
  readonly catalogs: readonly string[];
}

/** What a client is told first. */
export interface Told {
  readonly instructions: string;
  readonly tools: readonly JsonObject[];
}

interface Kept extends Basis, Told {
  /** Hash of everything that the basis names, and of what was told. */
  readonly digest: string;
}

/** Matches a configuration that may read other files or ask programs for secrets: what they hold now is not known here. */
const OTHER_FILES = /secret|\{file:/i;
/** Longest file, in bytes: instructions and five tools take 6 kB, the paths of 500 servers 60 kB. */
const MAX_BYTES = 256 * 1024;
/** Most files: one per command line and working directory; those written longest ago are removed first. */
const MAX_FILES = 200;

/** Returns what the last start with this command line told its client, if everything that it depends on is unchanged. */
export function recallIntroduction(argv: readonly string[]): Told | undefined {
  try {
    const kept = readKept(argv);
    const digest = kept && digestOf(argv, kept, kept);
    return digest !== undefined && digest === kept?.digest ? kept : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns a text that changes when the configuration or a catalog does. Undefined if the configuration is missing, or a
 * file exists that may not.
 */
export function stateOf({ config, absent, catalogs }: Basis): string | undefined {
  const state = [config, ...catalogs].map(stamp);
  return state[0] === null || absent.some((path) => stamp(path) !== null) ? undefined : JSON.stringify(state);
}

/** Keeps what was told for the next start. Does nothing if that would change nothing; a full disk is no error. */
export async function keepIntroduction(argv: readonly string[], basis: Basis, told: Told): Promise<void> {
  try {
    const digest = digestOf(argv, basis, told);
    if (digest === undefined || readKept(argv)?.digest === digest) return;
    const kept: Kept = { ...basis, ...told, digest };
    await writeFileAtomic(fileOf(argv), JSON.stringify(kept));
    await pruneOldest(folder(), MAX_FILES);
  } catch {
    // The next start takes longer.
  }
}

/** Reads what was kept. Undefined if there is nothing, or no object; whether it is whole is told by its hash. */
function readKept(argv: readonly string[]): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(readOwnedFile(fileOf(argv), MAX_BYTES) ?? '');
    return isJsonObject(kept) ? (kept as unknown as Kept) : undefined;
  } catch {
    return undefined;
  }
}

/** Hashes the basis and what was told, since variables and the configuration may hold secrets. Undefined if they cannot. */
function digestOf(argv: readonly string[], basis: Basis, { instructions, tools }: Told): string | undefined {
  const { config, variables, absent, catalogs } = basis;
  const values = variables.map((name) => process.env[name] ?? null);
  // Each build writes all its files anew.
  const build = [VERSION, stamp(fileURLToPath(import.meta.url))];
  const places = [argv, process.cwd(), realPath(homeDirectory())];
  // By its text, not by its state: hosts and dotfile managers write the same file again.
  const text = readFileSync(config, 'utf8');
  if (OTHER_FILES.test(text) || absent.some((path) => stamp(path) !== null)) return undefined;
  return hash([
    build,
    places,
    config,
    text,
    variables,
    values,
    absent,
    catalogs,
    catalogs.map(stamp),
    instructions,
    tools,
  ]);
}

/**
 * Returns a text that changes when the file, or the link, is written, replaced or created, or cannot be looked at; null:
 * there is none.
 */
function stamp(path: string): string | null {
  try {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return found ? [found.ino, found.size, found.mtimeNs, found.ctimeNs].join(':') : null;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

function fileOf(argv: readonly string[]): string {
  return join(folder(), `${hash([argv, process.cwd()])}.json`);
}

function folder(): string {
  return join(cacheDirectory(), 'introductions');
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
