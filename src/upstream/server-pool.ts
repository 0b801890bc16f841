import type { ServerConfig } from '../config/schema.ts';
import type { Caller, CallTool } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';
import type { RememberedCatalog, ServerCatalog } from '../core/server-catalog.ts';
import type { ToolDefinition } from '../core/tool.ts';
import type { Logger } from '../platform/log.ts';
import type { CatalogCache } from './catalog-cache.ts';
import { NotificationRouter } from './notification-router.ts';
import type { ProtocolEraCache } from './protocol-era-cache.ts';
import type { Exposure, PrimitiveKind } from './resources/lists.ts';
import { Primitives, upstreamPrimitives } from './resources/primitives.ts';
import { Upstreams } from './upstreams.ts';

/** On whose behalf servers are connected to: one client session, or all that share them. */
export interface PoolOwner {
  /** Resolves when it is known who connects: told to each server in the handshake. */
  readonly introduced: Promise<ClientIdentity>;
  /** The way back to its clients for what belongs to no call: questions, log messages. */
  readonly peer?: Peer;
  /** Tells its clients that something of a server has changed; absent: no client has come. */
  readonly tell?: TellChange;
  /** Whether calls of several clients go through one connection. */
  readonly isShared: boolean;
  /**
   * Whether all of its clients may be told a notification of that method where nobody can say which of them it is for.
   * Asked of connections that are shared; absent: they may not.
   */
  readonly broadcasts?: (method: string) => boolean;
  /** Hears of each question that comes over these connections, and whom it is put to; nobody where that cannot be told. */
  readonly onAsked?: (server: string, method: string, peer: Peer | undefined) => void;
}

/** Sends a notification to each client with the params that `paramsFor` gives its caller; undefined: not to that one. */
export type TellChange = (method: string, paramsFor: (caller: Caller) => JsonObject | undefined) => void;

/** The owner of connections that one client session has to itself. */
export function soleOwner(caller: Caller, session: Peer & Pick<PoolOwner, 'introduced'>): PoolOwner {
  return {
    introduced: session.introduced,
    peer: session,
    isShared: false,
    tell: (method, paramsFor) => {
      const params = paramsFor(caller);
      if (params) session.notify(method, params);
    },
  };
}

/** Calls and other requests to servers, wherever they are connected. */
export interface Router {
  readonly call: CallTool;
  readonly request: Upstreams['request'];
}

export interface ServerPoolParts {
  readonly log: Logger;
  readonly remembered: CatalogCache;
  readonly verdicts: ProtocolEraCache;
  /** What no server may tell, whoever it belongs to; the same array until it is another. */
  readonly secrets: () => readonly string[];
  readonly audience: () => PoolOwner;
  /** Keys of all servers of the configuration, also of those that do not run or are denied. */
  readonly keys: () => readonly string[];
  readonly exposes: Exposure;
  /** The way of requests for resources, prompts and completion; absent: the connections of this backend. */
  readonly router?: () => Router;
  /** Servers start at their first use only, whatever their entries say. */
  readonly onDemand?: boolean;
  /** Until when whoever asks waits for servers, as `GatewayOptions.waitsUntil`. */
  readonly waitsUntil?: number | undefined;
  readonly onTools: (server: ServerConfig, tools: readonly ToolDefinition[]) => void;
  readonly onRead?: (server: ServerConfig, catalog: ServerCatalog, client: ClientIdentity) => void;
  readonly onGone?: (server: string) => void;
  /** A list of a server has changed. */
  readonly onListChanged?: (server: string, list: PrimitiveKind) => void;
}

/** The servers as their owner sees them: connections to them, what they offer beside tools, what they announce. */
export class ServerPool {
  readonly upstreams: Upstreams;
  readonly primitives: Primitives;
  readonly announcements: NotificationRouter;

  constructor(parts: ServerPoolParts) {
    const { log, remembered, verdicts, secrets, audience, keys, exposes, onTools, onRead, onGone, waitsUntil } = parts;
    const recall = (server: ServerConfig): RememberedCatalog | undefined => remembered.recall(server);
    this.announcements = new NotificationRouter({
      upstreams: () => this.upstreams,
      primitives: () => this.primitives,
      audience,
      exposes,
      onListChanged: parts.onListChanged,
      log,
    });
    this.upstreams = new Upstreams({
      log,
      audience,
      verdicts,
      secrets,
      recall,
      onTools,
      onDemand: parts.onDemand === true,
      waitsUntil,
      onRead: (...reading) => onRead?.(...reading),
      isExpected: (server) => this.primitives.subscriptionsOf(server).length > 0,
      onGone: (server) => {
        onGone?.(server);
        this.primitives.invalidate(server);
      },
      onReady: (server, connection) => this.announcements.serverReady(server, connection),
      onNotification: (...notification) => this.announcements.fromServer(...notification),
    });
    const router = () => parts.router?.() ?? this.upstreams;
    this.primitives = new Primitives(
      upstreamPrimitives({ upstreams: this.upstreams, remembered, keys, exposes, router, waitsUntil }),
      exposes,
      (server, problem) => log.warning('list', { server, problem }),
    );
  }

  /** Ends every connection. Resolves when nothing of the servers is left running. */
  async close(): Promise<void> {
    this.announcements.close();
    await this.upstreams.close();
  }
}
