import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KeyPath } from '../../config/diagnostic.ts';
import type { PermissionAction, PermissionRule } from '../../config/permissions.ts';
import type { Environment } from '../../config/substitute.ts';
import type { JsonObject } from '../../core/json.ts';
import { homeDirectory } from '../../platform/home-directory.ts';

/** The user and the directory whose client files the gateway reads. `home` and `cwd` are absolute. */
export interface ClientHome {
  readonly home: string;
  readonly cwd: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Folders of the project above `cwd` that clients also read, the nearest first; absent: none. */
  readonly above?: readonly string[] | undefined;
}

/** Describes the user of this environment, in this directory. */
export function clientHome({ cwd, env, platform }: Omit<ClientHome, 'home' | 'above'>): ClientHome {
  return { home: homeDirectory(env), cwd, env, platform };
}

/** A place of servers: the path of a client's file, and the path of a map within it. */
export interface ConfigFile {
  /** Absolute path of the file: TOML if it ends in `.toml`, else JSON, possibly with comments. */
  readonly path: string;
  /** Path of the map within the file. */
  readonly at: KeyPath;
  /** `local`: the user's own servers for one project; an install never writes there. */
  readonly scope: 'user' | 'project' | 'local';
  /** For `project` and `local`: the folder in which the client starts its servers. Absent: `cwd`. */
  readonly folder?: string;
  /**
   * True for a place that only some versions or editions use: it counts if the file has it, and an install never
   * creates it.
   */
  readonly optional?: boolean;
}

/** A client's entry, translated to the fields of an `mcpServers` file of ours. */
export interface Translated {
  readonly entry: JsonObject;
  /** Messages on fields that could not be carried over or changed their form; they never hold a secret. */
  readonly notes: readonly string[];
  /** The reason why the server cannot be carried over at all. */
  readonly refusal?: string | undefined;
  /** Rules of the client for single tools. */
  readonly rules?: readonly ToolRule[] | undefined;
}

/** A client's rule for tools of one server; of several rules the first that fits applies. */
export interface ToolRule {
  /** Names or patterns of tools; absent: all tools. */
  readonly tools?: readonly string[];
  readonly action: PermissionAction;
  /** Further conditions of a rule from a gateway's configuration. */
  readonly more?: Omit<PermissionRule, 'server' | 'tool' | 'tags' | 'action' | 'broken'>;
}

/** The user's decision, made in the client, on a server in its files. */
export interface Verdict {
  /** The reason, if the user rejected the server or the client's settings exclude it. */
  readonly out?: string | undefined;
  /** Names the place where it is switched off; absent if it is not. */
  readonly off?: string | undefined;
  /** True if it is switched off for this project only. */
  readonly isOfProject?: boolean;
  readonly rules?: readonly ToolRule[] | undefined;
}

/** Inputs of a translation besides the entry. */
export interface TranslationContext {
  readonly place: ConfigFile;
  readonly home: ClientHome;
  /** The whole file in which the entry stands. */
  readonly root: JsonObject;
}

/** A server as written in a file: its place, key and entry. */
export interface WrittenServer {
  readonly place: ConfigFile;
  readonly key: string;
  readonly entry: JsonObject;
}

/** Parsed files by path; undefined if the file does not exist or is broken. */
export type Files = ReadonlyMap<string, JsonObject | undefined>;

/** An MCP client: the places and the form of its servers' entries. */
export interface Client {
  /** Name of the client on the command line. */
  readonly id: string;
  /** Name of the client in messages. */
  readonly name: string;
  /**
   * Returns every place from which the client reads servers; of two entries with one key the one at the earlier place
   * applies.
   */
  places(home: ClientHome): readonly ConfigFile[];
  /** Returns the folders of projects for which a file holds the user's own servers; absent: no file does. */
  foldersIn?(root: JsonObject): readonly string[];
  /** Returns the servers of a file whose shape depends on its content; absent: the entries at `places`. */
  serversIn?(root: JsonObject, place: ConfigFile, home: ClientHome): readonly WrittenServer[];
  /** Returns the further files, beside those of `places`, that allow, forbid or switch off servers and tools. */
  settings?(home: ClientHome): readonly string[];
  /** Returns the decision on a server that these files hold. */
  verdict?(server: WrittenServer, files: Files, home: ClientHome): Verdict;
  translate(entry: JsonObject, context: TranslationContext): Translated;
  /** Returns the client's entry for a server that this command (program and arguments) starts. */
  entryFor(command: readonly string[]): JsonObject;
}

/** Returns the folders in which a client looks for files of a project, the nearest first. */
export function foldersOf({ cwd, above = [] }: ClientHome): readonly string[] {
  return [cwd, ...above];
}

/**
 * Returns the folders above a directory up to the root of its Git repository. Returns none without a repository, and if
 * the way there leads through the home directory or a folder of another user: that user must not be able to have
 * servers imported.
 */
export function projectAbove(cwd: string, home: string): readonly string[] {
  const folders: string[] = [];
  let folder = cwd;
  while (!existsSync(join(folder, '.git'))) {
    const parent = dirname(folder);
    if (parent === folder || parent === home || !isOwn(parent)) return [];
    folders.push(parent);
    folder = parent;
  }
  return folders;
}

function isOwn(folder: string): boolean {
  try {
    return process.getuid === undefined || statSync(folder).uid === process.getuid();
  } catch {
    return false;
  }
}

/** Returns the folder in which desktop programs keep their files, by operating system. */
export function applicationData({ home, env, platform }: ClientHome): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env.APPDATA || join(home, 'AppData', 'Roaming');
  return env.XDG_CONFIG_HOME || join(home, '.config');
}
