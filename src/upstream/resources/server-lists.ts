import { abortable, withTimeout } from '../../core/abort.ts';
import type { CallContext, Caller } from '../../core/call.ts';
import { causeOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { FetchPage } from '../../core/read-pages.ts';
import { METHOD_NOT_FOUND } from '../../core/rpc.ts';
import {
  type Exposure,
  LISTS,
  type ListName,
  nameOf,
  type PrimitiveKind,
  type PrimitiveSource,
  type ServerList,
} from './lists.ts';
import { type MergedList, mergeLists } from './merged-list.ts';
import { readList } from './read-list.ts';

/** Time for all pages of one server's list, in ms: clients wait for the slowest server. */
const LIST_TIMEOUT_MS = 15_000;

interface Remembered {
  readonly list: ServerList;
  /** Epoch ms. After it the list is read anew before it is shown, but still tells owners of items. */
  readonly expiresAt: number;
}

/** The lists of all servers, remembered until they change, and merged into one. */
export class ServerLists {
  readonly #source: PrimitiveSource;
  readonly #exposes: Exposure;
  readonly #report: (server: string, problem: string) => void;
  readonly #remembered = new Map<string, Remembered>();
  readonly #readings = new Map<string, Promise<void>>();
  readonly #merged = new Map<
    ListName,
    { readonly lists: readonly ServerList[]; readonly keys: string; readonly merged: MergedList }
  >();

  constructor(source: PrimitiveSource, exposes: Exposure, report: (server: string, problem: string) => void) {
    this.#source = source;
    this.#exposes = exposes;
    this.#report = report;
  }

  /**
   * Keys of servers that are connected or remembered and whose items of this kind are exposed to the caller, in
   * configuration order.
   */
  servers(kind: PrimitiveKind, caller: Caller): readonly string[] {
    return this.#source.servers(kind).filter((server) => this.#exposes(caller, server, kind));
  }

  /** Remembered names of the servers that are not available, by server. */
  absent(name: ListName, caller: Caller): readonly (readonly [server: string, names: readonly string[]])[] {
    const { kind } = LISTS[name];
    const present = this.servers(kind, caller);
    const keys = this.#source.keys().filter((server) => !present.includes(server));
    const absent = keys.filter((server) => this.#exposes(caller, server, kind));
    return absent.flatMap((server) => {
      const list = this.#source.memory?.recall(server, name);
      return list ? [[server, list.items.map((item) => nameOf(item, LISTS[name]))] as const] : [];
    });
  }

  /** The current merged list. Lists that are missing, expired or failed are read first. */
  async current(name: ListName, context: CallContext): Promise<MergedList> {
    await this.#read(name, context, ({ expiresAt }) => expiresAt > Date.now());
    return this.remembered(name, context.caller);
  }

  /** The merged list, in which only missing lists are read first: enough to find the owner of an item. */
  async known(name: ListName, context: CallContext): Promise<MergedList> {
    await this.#read(name, context, () => true);
    return this.remembered(name, context.caller);
  }

  /** The merged list of the remembered lists that are exposed to the caller; reads nothing. */
  remembered(name: ListName, caller: Caller): MergedList {
    const lists = this.servers(LISTS[name].kind, caller).flatMap((server) => {
      const list = this.#remembered.get(keyOf(name, server))?.list;
      return list ? [[server, list] as const] : [];
    });
    const keys = this.#source.keys();
    const before = this.#merged.get(name);
    const sameKeys = before?.keys === JSON.stringify(keys);
    if (
      sameKeys &&
      before.lists.length === lists.length &&
      lists.every(([, list], index) => list === before.lists[index])
    ) {
      return before.merged;
    }
    const merged = mergeLists(LISTS[name], lists, keys);
    this.#merged.set(name, { lists: lists.map(([, list]) => list), keys: JSON.stringify(keys), merged });
    return merged;
  }

  /**
   * Drops the lists of a server. A running reading of one counts as expired. `forGood`: the list has changed, so it is
   * dropped from memory too.
   */
  forget(server: string, kind: PrimitiveKind, forGood: boolean): void {
    for (const name of (Object.keys(LISTS) as ListName[]).filter((name) => LISTS[name].kind === kind)) {
      const key = keyOf(name, server);
      this.#remembered.delete(key);
      this.#readings.delete(key);
      if (forGood) this.#source.memory?.learn(server, name, undefined);
    }
  }

  async #read(name: ListName, context: CallContext, usable: (remembered: Remembered) => boolean): Promise<void> {
    const { caller, signal } = context;
    await abortable(this.#source.settled(name, caller), signal);
    const missing = this.servers(LISTS[name].kind, caller).filter((server) => {
      if (this.#recall(name, server)) return false;
      const remembered = this.#remembered.get(keyOf(name, server));
      return !remembered || !usable(remembered);
    });
    await abortable(Promise.all(missing.map((server) => this.#reading(name, server, caller))), signal);
  }

  /**
   * Takes the list of a server that is not connected from memory, regardless of its ttl: to ask would start the server.
   */
  #recall(name: ListName, server: string): boolean {
    const list = this.#source.memory?.recall(server, name);
    if (!list) return false;
    const key = keyOf(name, server);
    const own = this.#remembered.get(key);
    if (!own || own.expiresAt === 0) this.#remembered.set(key, { list, expiresAt: 0 });
    return true;
  }

  /** Reads a server's list once for all callers that ask meanwhile. Never rejects. */
  #reading(name: ListName, server: string, caller: Caller): Promise<void> {
    const key = keyOf(name, server);
    const reading =
      this.#readings.get(key) ??
      this.#fetch(name, server, caller).then((remembered) => {
        if (this.#readings.get(key) === reading) {
          this.#readings.delete(key);
          this.#remembered.set(key, remembered);
        } else if (!this.#remembered.has(key)) this.#remembered.set(key, { ...remembered, expiresAt: 0 });
      });
    this.#readings.set(key, reading);
    return reading;
  }

  async #fetch(name: ListName, server: string, caller: Caller): Promise<Remembered> {
    const report = (problem: string) => this.#report(server, problem);
    const read = (signal: AbortSignal) => {
      // If later pages take too long, the earlier ones count.
      const page: FetchPage = async (params) => {
        signal.throwIfAborted();
        return abortable(this.#page(name, server, params, { caller, signal }), signal);
      };
      return readList(LISTS[name], page, report);
    };
    try {
      const list = await withTimeout(Math.min(LIST_TIMEOUT_MS, this.#source.listMs?.() ?? LIST_TIMEOUT_MS), read);
      this.#source.memory?.learn(server, name, list);
      return { list, expiresAt: list.ttlMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + list.ttlMs };
    } catch (error) {
      report(`${LISTS[name].method} failed: ${causeOf(error)}`);
      return { list: { items: [] }, expiresAt: 0 };
    }
  }

  async #page(name: ListName, server: string, params: JsonObject, context: CallContext): Promise<JsonObject> {
    const { method, member } = LISTS[name];
    const answer = await this.#source.request(server, method, params, context);
    if ('result' in answer) return answer.result;
    // A server may have resources and no templates.
    if (answer.error.code === METHOD_NOT_FOUND) return { [member]: [] };
    throw new Error(answer.error.message);
  }
}

function keyOf(name: ListName, server: string): string {
  return `${name} ${server}`;
}
