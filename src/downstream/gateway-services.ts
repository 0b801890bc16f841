import type { Broker } from '../broker/broker.ts';
import type { Jobs } from '../broker/jobs/jobs.ts';
import type { LiveConfig } from '../config/load.ts';
import type { ServerConfig } from '../config/schema.ts';
import type { StartSettings } from '../config/settings.ts';
import type { Caller, CallPolicy, Visibility } from '../core/call.ts';
import type { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { ToolEntry } from '../core/tool.ts';
import type { Logger } from '../platform/log.ts';
import type { UsageStats } from '../policy/stats/usage-stats.ts';
import type { Catalog } from '../search/catalog.ts';
import type { CatalogCache } from '../upstream/catalog-cache.ts';
import type { PoolOwner } from '../upstream/pool-owner.ts';
import type { ProtocolEraCache } from '../upstream/protocol-era-cache.ts';
import type { Exposure, PrimitiveKind } from '../upstream/resources/lists.ts';
import type { ServerObserver } from '../upstream/server-observer.ts';
import type { Router, ServerPool } from '../upstream/server-pool.ts';
import type { ClientSession } from './protocol/client-session.ts';
import type { HandlePrimitive, SessionServices } from './protocol/session-services.ts';

/** The gateway's own definitions that every client gets: the meta-tools as listed, and the instructions. */
export interface OwnDefinitions {
  readonly tools: readonly JsonObject[];
  readonly instructions: string;
}

/**
 * The parts of a gateway that do not depend on its edge. An edge is built on them, and commands of this process read
 * them.
 */
export interface GatewayServices {
  readonly catalog: Catalog;
  readonly jobs: Jobs;
  /** The pool that all clients share. */
  readonly pool: ServerPool;
  /** Observes the servers in pools that belong to one client. */
  readonly ownPoolObserver: ServerObserver;
  readonly catalogCache: CatalogCache;
  readonly protocolEras: ProtocolEraCache;
  /** Secret values that no server's text may show, also those of other servers. */
  readonly secrets: () => readonly string[];
  readonly stats: UsageStats;
  readonly ownDefinitions: () => OwnDefinitions;
  /** Warnings of the guards about a tool. */
  readonly toolWarnings: (tool: ToolEntry) => readonly string[];
  readonly log: Logger;
  readonly start: StartSettings;
  /** The current configuration: it follows the file. */
  readonly config: () => LiveConfig;
  /** Keys of all servers of the configuration, also of those that do not run or are denied. */
  readonly keys: () => readonly string[];
  readonly exposes: Exposure;
  readonly visible: Visibility;
  /** Completes the gateway for its edge. An edge calls it once, in its constructor, before any server is connected to. */
  readonly attach: (edge: EdgeHooks) => EdgeServices;
}

/** The gateway with its edge: adds the broker, whose calls run through the pipeline of that edge. */
export interface EdgeServices extends GatewayServices {
  readonly broker: Broker;
  readonly servicesFor: (caller: Caller, session: ClientSession, primitives: HandlePrimitive) => SessionServices;
}

/** Hooks by which an edge changes the gateway. An absent one leaves the gateway as it is for one client. */
export interface EdgeHooks {
  /** The owner of the shared connections. */
  readonly owner: PoolOwner;
  /** Chooses the connections of a call; absent: the shared ones. */
  readonly router?: Router;
  /** Observes every call; see `buildCallPipeline` for its place. */
  readonly observe?: CallPolicy;
  /** Refuses calls beyond a number of running ones. */
  readonly limit?: CallPolicy;
  /** Called for a call that was refused before it entered the pipeline. */
  readonly refused?: (caller: Caller, tool: string, error: GatewayError) => void;
  /** True if several callers may come, of which none is to take everything; absent: there is one. */
  readonly isShared?: () => boolean;
  /** Adapts the entries for the shared connections; absent: they are unchanged. */
  readonly sharedEntries?: (servers: readonly ServerConfig[]) => readonly ServerConfig[];
  /** Throws `CONFIG_INVALID` where the edge must not go on with a changed configuration: the one before it stays. */
  readonly checkConfig?: (config: LiveConfig) => void;
  /** Called when the configuration has changed. */
  readonly reloaded?: () => void;
  readonly listChanged?: (server: string, list: PrimitiveKind) => void;
}
