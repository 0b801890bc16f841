import type { Broker } from '../broker/broker.ts';
import type { Jobs } from '../broker/jobs/jobs.ts';
import type { GatewayConfig } from '../config/load.ts';
import type { ServerConfig } from '../config/schema.ts';
import type { Caller, CallPolicy, Visibility } from '../core/call.ts';
import type { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { ToolEntry } from '../core/tool.ts';
import type { Logger } from '../platform/log.ts';
import type { UsageStats } from '../policy/stats/usage-stats.ts';
import type { Catalog } from '../search/catalog.ts';
import type { CatalogCache } from '../upstream/catalog-cache.ts';
import type { ProtocolEraCache } from '../upstream/protocol-era-cache.ts';
import type { Exposure, PrimitiveKind } from '../upstream/resources/lists.ts';
import type { PoolOwner, Router, ServerPool } from '../upstream/server-pool.ts';
import type { ToolUnion } from '../upstream/tool-union.ts';
import type { ClientSession } from './protocol/client-session.ts';
import type { HandlePrimitive, SessionServices } from './protocol/session-services.ts';

/** What every client is sent of our own: the meta-tools as listed, and how to use them. */
export interface SentToClients {
  readonly tools: readonly JsonObject[];
  readonly instructions: string;
}

/** The gateway from within, as an edge is composed with it. */
export interface GatewayServices {
  readonly broker: Broker;
  readonly catalog: Catalog;
  readonly jobs: Jobs;
  /** The connections that all clients share. */
  readonly backend: ServerPool;
  readonly offered: ToolUnion;
  readonly remembered: CatalogCache;
  readonly verdicts: ProtocolEraCache;
  /** What no server may tell, whoever it belongs to. */
  readonly secrets: () => readonly string[];
  readonly receipt: UsageStats;
  readonly sent: () => SentToClients;
  /** What guards have to say about a tool. */
  readonly remarks: (tool: ToolEntry) => readonly string[];
  readonly log: Logger;
  readonly config: () => GatewayConfig;
  /** Keys of all servers of the configuration, also of those that do not run or are denied. */
  readonly keys: () => readonly string[];
  readonly exposes: Exposure;
  readonly visible: Visibility;
  readonly partsFor: (caller: Caller, session: ClientSession, primitives: HandlePrimitive) => SessionServices;
}

/** What the gateway lets an edge have a say in. */
export interface EdgeHooks {
  /** For whom the shared connections are made. */
  readonly audience: PoolOwner;
  /** Which connections a call takes. */
  readonly router: Router;
  /** Watches calls; absent: nobody does. */
  readonly policy?: CallPolicy;
  /** Hears of a call that was refused before it was on its way. */
  readonly refused?: (caller: Caller, tool: string, error: GatewayError) => void;
  /** Whether several callers may come, of which none is to take everything; absent: there is one. */
  readonly isShared?: () => boolean;
  /** The entries as the shared connections have them; absent: as they are. */
  readonly sharedEntries?: (servers: readonly ServerConfig[]) => readonly ServerConfig[];
  /** The configuration has changed. */
  reloaded(): void;
  listChanged(server: string, list: PrimitiveKind): void;
}
