import type { Broker } from '../../../broker/broker.ts';
import type { ServerView } from '../../../broker/server-views.ts';
import type { LiveSettings, StartSettings } from '../../../config/settings.ts';
import type { Caller } from '../../../core/call.ts';
import type { GatewayError } from '../../../core/errors.ts';
import type { ToolEntry } from '../../../core/tool.ts';
import type { Metrics } from '../../../observe/metrics.ts';
import type { RequestLog } from '../../../observe/request-log.ts';
import type { Logger } from '../../../platform/log.ts';
import type { EdgeSession } from '../../edge-session.ts';
import type { SessionServices } from '../../protocol/session-services.ts';
import type { RequestContext } from './request-context.ts';

/** What the edge needs of the gateway; the composition root hands it over. */
export interface EdgeParts {
  readonly broker: Broker;
  readonly start: StartSettings;
  /** As they are now: they follow the file. */
  readonly settings: () => LiveSettings;
  /** Every server, with the number of its tools that the caller may know of. */
  readonly servers: (caller: Caller) => readonly ServerView[];
  /** Every server, with the number of all its tools, for what no caller is told: health and metrics. */
  readonly allServers: () => readonly ServerView[];
  /** Every tool that the caller may know of, in the order of the configuration. */
  readonly tools: (caller: Caller) => readonly ToolEntry[];
  /** A session of a client with a handshake, or of one that holds a connection. */
  readonly openSession: (caller: Caller) => EdgeSession;
  /** For one request of a client without sessions (2026-07-28); `end` when nobody waits for its answer any more. */
  readonly stateless: (caller: Caller) => { readonly parts: SessionServices; readonly end: () => void };
  /** As `CallLimits.begin`. */
  readonly begin: (caller: Caller) => () => void;
  readonly requests: RequestLog;
  readonly metrics: Metrics;
  /** A call that was refused before it was on its way to a tool is told here. */
  readonly refused: (caller: Caller, tool: string, error: GatewayError) => void;
  /** Nothing new is taken on: what runs may end, and be answered. */
  readonly isStopping: () => boolean;
  readonly log: Logger;
}

/** What the steps of a request (`request-steps.ts`) have found out before a route runs. */
export interface EdgeEnv {
  readonly Variables: {
    /** The caller, as authenticated for this request. */
    caller: Caller;
    /** Names this request in logs and problem documents. */
    requestId: string;
    /** All that the steps know of the request. */
    context: RequestContext;
  };
}
