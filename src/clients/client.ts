import type { KeyPath } from '../config/finding.ts';
import type { Environment } from '../config/substitute.ts';
import type { JsonObject } from '../core/json.ts';

/** Whose files are meant, and from where: `home` and `cwd` are absolute. */
export interface ClientHome {
  readonly home: string;
  readonly cwd: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
}

/** A map of servers in a file of a client. */
export interface Place {
  /** Of the file, absolute; ends in `.toml` where it is TOML, else it is JSON, maybe with comments. */
  readonly path: string;
  /** Where the map stands in the file. */
  readonly at: KeyPath;
  /** `local`: the user's own, for one project; the gateway is never installed there. */
  readonly scope: 'user' | 'project' | 'local';
  /** A shape that newer versions use besides: counts where the file has it, is never begun by us. */
  readonly optional?: boolean;
}

/** A client's entry in the words of an `mcpServers` file of ours. */
export interface Translated {
  readonly entry: JsonObject;
  /** What could not be carried over though the server can; never a secret. */
  readonly notes: readonly string[];
  /** Why the server cannot be carried over at all. */
  readonly refusal?: string | undefined;
}

/** What a translation may look at besides the entry. */
export interface TranslationContext {
  readonly place: Place;
  readonly home: ClientHome;
}

/** An MCP client: where its servers are written down, and how. */
export interface Client {
  /** As on the command line. */
  readonly id: string;
  /** As people call it. */
  readonly name: string;
  /** Every place where it reads servers; of two with one key the earlier place counts. */
  places(home: ClientHome): readonly Place[];
  translate(entry: JsonObject, context: TranslationContext): Translated;
  /** The client's entry for a server that this command (program and arguments) starts. */
  entryFor(command: readonly string[]): JsonObject;
}
