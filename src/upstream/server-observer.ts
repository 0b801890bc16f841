import type { ServerConfig } from '../config/schema.ts';
import type { CallContext } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';
import type { ServerCatalog } from '../core/server-catalog.ts';
import type { ToolDefinition } from '../core/tool.ts';
import type { Connection } from './connection.ts';
import type { PrimitiveKind } from './resources/lists.ts';

/**
 * Receives events of servers: changes of state and of lists, and messages other than answers. One object observes all
 * servers of a pool: the layers between the pool and a connection pass it on by reference. Its methods must not throw.
 * `tools` is not called for a server that is being stopped.
 */
export interface ServerObserver {
  /** Called with the tools of a server: the remembered ones at its start, the listed ones after each change. */
  tools(server: ServerConfig, tools: readonly ToolDefinition[]): void;
  /** Called when a server's catalog was read over a connection that was made for that client. */
  read?(server: ServerConfig, catalog: ServerCatalog, client: ClientIdentity): void;
  /** Called when a server is connected, for the first time or again, before any call is sent. */
  ready?(server: ServerConfig, connection: Connection): void;
  /** Called when a server was removed from the configuration. */
  gone?(server: ServerConfig): void;
  /** Called with a server's notification that belongs to no call; `active` are the calls that run on the server. */
  notification?(server: ServerConfig, method: string, params: JsonObject, active: readonly CallContext[]): void;
  /** Called when a server's list of resources or prompts has changed. */
  listChanged?(server: ServerConfig, list: PrimitiveKind): void;
  /**
   * Called when a server sent a request to a client. `peer` is undefined if several clients are calling, so that none
   * was asked.
   */
  asked?(server: ServerConfig, method: string, peer: Peer | undefined): void;
  /** True while clients wait for notifications of a server: it is not stopped for being idle then. Absent: false. */
  expects?(server: ServerConfig): boolean;
}
