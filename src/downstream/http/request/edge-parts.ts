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

/** The parts of the gateway that endpoints work with. `HttpEdge` composes them. */
export interface EdgeParts {
  readonly broker: Broker;
  readonly start: StartSettings;
  /** The settings as they are now: they follow the file. */
  readonly settings: () => LiveSettings;
  /** Every server, with the number of its tools that the caller may know of. */
  readonly servers: (caller: Caller) => readonly ServerView[];
  /** Every server, with the number of all its tools, for health and metrics. */
  readonly allServers: () => readonly ServerView[];
  /** Every tool that the caller may know of, in the order of the configuration. */
  readonly tools: (caller: Caller) => readonly ToolEntry[];
  /** Opens a session of a client with a handshake, or of a client that holds a connection. */
  readonly openSession: (caller: Caller) => EdgeSession;
  /** As `EdgeClients.openRequest`. */
  readonly stateless: (caller: Caller) => { readonly parts: SessionServices; readonly end: () => void };
  /** As `CallLimits.begin`. */
  readonly begin: (caller: Caller) => () => void;
  readonly requests: RequestLog;
  readonly metrics: Metrics;
  /** Called for a call that is refused before the broker has it. */
  readonly refused: (caller: Caller, tool: string, error: GatewayError) => void;
  /** True while the gateway stops: new requests are refused, running ones are answered. */
  readonly isStopping: () => boolean;
  readonly log: Logger;
}

/** Values that the steps (`request-steps.ts`) set before a route runs. */
export interface EdgeEnv {
  readonly Variables: {
    /** The authenticated caller of this request. */
    caller: Caller;
    /** Id of this request in logs and problem documents. */
    requestId: string;
    /** The request, with all that the steps have found out. */
    context: RequestContext;
  };
}
