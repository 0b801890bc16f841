import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KeyPath } from '../../config/diagnostic.ts';
import type { PermissionAction, PermissionRule } from '../../config/permissions.ts';
import type { Environment } from '../../config/substitute.ts';
import type { JsonObject } from '../../core/json.ts';
import { homeDirectory } from '../../platform/home-directory.ts';

/** The user and the directory whose client files are read. `home` and `cwd` are absolute. */
export interface ClientHome {
  readonly home: string;
  readonly cwd: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Folders of the project above `cwd` in which clients look too, the nearest first; absent: in none. */
  readonly above?: readonly string[] | undefined;
}

/** Describes the user of this environment, in this directory. */
export function clientHome({ cwd, env, platform }: Omit<ClientHome, 'home' | 'above'>): ClientHome {
  return { home: homeDirectory(env), cwd, env, platform };
}

/** A map of servers in a file of a client. */
export interface ConfigFile {
  /** Of the file, absolute; ends in `.toml` where it is TOML, else it is JSON, maybe with comments. */
  readonly path: string;
  /** Path of the map within the file. */
  readonly at: KeyPath;
  /** `local`: the user's own, for one project; the gateway is never installed there. */
  readonly scope: 'user' | 'project' | 'local';
  /** Of `project` and `local`: where the client starts its servers. Absent: `cwd`. */
  readonly folder?: string;
  /** A shape that newer versions use besides: counts where the file has it, is never begun by us. */
  readonly optional?: boolean;
}

/** A client's entry in the words of an `mcpServers` file of ours. */
export interface Translated {
  readonly entry: JsonObject;
  /** Fields that could not be carried over although the server can; never a secret. */
  readonly notes: readonly string[];
  /** Why the server cannot be carried over at all. */
  readonly refusal?: string | undefined;
  /** Rules of the client for single tools. */
  readonly rules?: readonly ToolRule[] | undefined;
}

/** Rule of a client for tools of one server; of several, the first that fits counts. */
export interface ToolRule {
  /** Names or patterns; absent: all. */
  readonly tools?: readonly string[];
  readonly action: PermissionAction;
  /** Further conditions, of a rule in a gateway's configuration. */
  readonly more?: Omit<PermissionRule, 'server' | 'tool' | 'tags' | 'action' | 'broken'>;
}

/** Decision of a person, made in the client, on a server in its files. */
export interface Verdict {
  /** It was rejected, or is kept out: why. */
  readonly out?: string | undefined;
  /** It is switched off: where. */
  readonly off?: string | undefined;
  /** It is switched off for this project alone. */
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

/** Files by their paths; absent: there is none, or it is broken. */
export type Files = ReadonlyMap<string, JsonObject | undefined>;

/** An MCP client: where its servers are written down, and how. */
export interface Client {
  /** As on the command line. */
  readonly id: string;
  /** As people call it. */
  readonly name: string;
  /** Every place where it reads servers; of two with one key the earlier place counts. */
  places(home: ClientHome): readonly ConfigFile[];
  /** Folders of projects for which a file holds servers of the user's own; absent: none does. */
  foldersIn?(root: JsonObject): readonly string[];
  /** The servers of a file whose shape only the file tells; absent: what stands at the places. */
  serversIn?(root: JsonObject, place: ConfigFile, home: ClientHome): readonly WrittenServer[];
  /** Files that say which servers and tools are wanted, beside those of the places. */
  settings?(home: ClientHome): readonly string[];
  /** Decision that these files hold on a server. */
  verdict?(server: WrittenServer, files: Files, home: ClientHome): Verdict;
  translate(entry: JsonObject, context: TranslationContext): Translated;
  /** The client's entry for a server that this command (program and arguments) starts. */
  entryFor(command: readonly string[]): JsonObject;
}

/** The folders in which a client looks for files of a project, the nearest first. */
export function foldersOf({ cwd, above = [] }: ClientHome): readonly string[] {
  return [cwd, ...above];
}

/**
 * The folders above a directory that belong to the same project: up to its repository, else none. A folder of another
 * user ends it: that user must not be able to have servers imported.
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

/** Folder in which desktop programs keep their files, by operating system. */
export function applicationData({ home, env, platform }: ClientHome): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env.APPDATA || join(home, 'AppData', 'Roaming');
  return env.XDG_CONFIG_HOME || join(home, '.config');
}
