import type { CallContext } from '../../core/call.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answer } from '../../core/rpc.ts';
import type { ListName, ServerList } from './lists.ts';

/** What the primitives need of the upstream side. */
export interface PrimitiveSource {
  /** Keys of all servers of the configuration, also of those that do not run or are denied. */
  keys(): readonly string[];
  /** Keys of the servers that offer that kind and are connected, or whose lists are remembered, in configuration order. */
  servers(kind: 'resources' | 'prompts' | 'completions'): readonly string[];
  /** Resolves when every server is connected, or its list of that name remembered, or about 3 s have passed since its start. */
  settled(list: ListName): Promise<void>;
  /** Time for all pages of one server's list, in ms; absent: 15 s. */
  readonly listMs?: () => number;
  /** One request to one server; the answer raw. Rejects with `GatewayError` when there is none. */
  request(server: string, method: string, params: JsonObject, context: CallContext): Promise<Answer>;
  /** What whoever chooses an item of a list should know about it, in sentences. Absent: nothing is looked for. */
  readonly remarks?: (item: JsonObject) => readonly string[];
  /** Absent: servers are asked, and only those that are connected. */
  readonly memory?: ListMemory;
}

/** What servers list, remembered for when they do not run. */
export interface ListMemory {
  /** A list of a server that is not connected, as it was when last read; the same object each time. */
  recall(server: string, list: ListName): ServerList | undefined;
  /** What a server lists now; undefined: it has changed since it was read. */
  learn(server: string, list: ListName, items: ServerList | undefined): void;
}

/** What an `expose` switch switches. */
export type PrimitiveKind = 'resources' | 'prompts';
