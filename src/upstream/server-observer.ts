import type { ServerConfig } from '../config/schema.ts';
import type { CallContext } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';
import type { ServerCatalog } from '../core/server-catalog.ts';
import type { ToolDefinition } from '../core/tool.ts';
import type { Connection } from './connection.ts';
import type { PrimitiveKind } from './resources/lists.ts';

/**
 * Is told what happens to servers and what they say outside of answers. One object observes all servers of a pool: the
 * layers between the pool and a connection pass it on by reference. Its methods must not throw. A server that is being
 * stopped tells no tools any more.
 */
export interface ServerObserver {
  /** The tools of a server: the remembered ones at its start, and the listed ones whenever they have changed. */
  tools(server: ServerConfig, tools: readonly ToolDefinition[]): void;
  /** The catalog of a server was read, over a connection that was made for that client. */
  read?(server: ServerConfig, catalog: ServerCatalog, client: ClientIdentity): void;
  /** A server is connected, for the first time or anew; no call has gone through yet. */
  ready?(server: ServerConfig, connection: Connection): void;
  /** A server is not configured any more. */
  gone?(server: ServerConfig): void;
  /** A server sent a notification that belongs to no call; `active` are the calls that run on it. */
  notification?(server: ServerConfig, method: string, params: JsonObject, active: readonly CallContext[]): void;
  /** A list of resources or prompts of a server has changed. */
  listChanged?(server: ServerConfig, list: PrimitiveKind): void;
  /** A server sent a request to that client; undefined: several are calling, so none was asked. */
  asked?(server: ServerConfig, method: string, peer: Peer | undefined): void;
  /** True while notifications of a server are waited for: then it is not stopped for being idle. Absent: false. */
  expects?(server: ServerConfig): boolean;
}
