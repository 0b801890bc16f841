import type { Broker } from '../broker.ts';
import type { GatewaySettings } from '../config/settings.ts';
import type { CallContext, Caller } from '../core/call.ts';
import type { Logger } from '../core/log.ts';
import type { ToolEntry } from '../core/tool.ts';
import type { UpstreamState } from '../core/upstream-state.ts';
import type { ServerParts } from '../mcp/server-parts.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { RequestLog } from '../observe/request-log.ts';

/** One configured server as people see it. Never its command, address or headers: these may hold secrets. */
export interface ServerView {
  readonly id: string;
  readonly type: 'local' | 'remote' | 'unknown';
  readonly tags: readonly string[];
  readonly description?: string;
  /** `misconfigured`: its entry is wrong; `disabled`: it is switched off. */
  readonly status: UpstreamState['status'] | 'misconfigured' | 'disabled';
  /** Whether its tools can be called now. */
  readonly available: boolean;
  readonly tools: number;
  /** Why it cannot be asked, secrets blanked. */
  readonly error?: string;
}

/** A client session of the edge, as the gateway sees it. */
export interface EdgeSession {
  readonly parts: ServerParts;
  /** The client has gone: what is on its way for it ends, its jobs and its connections too. */
  end(): Promise<void>;
}

/** What the edge needs of the gateway; the composition root hands it over. */
export interface EdgeParts {
  readonly broker: Broker;
  /** As they are now: they follow the file. */
  readonly settings: () => GatewaySettings;
  readonly servers: () => readonly ServerView[];
  /** Every tool that the caller may know of, in the order of the configuration. */
  readonly tools: (caller: Caller) => readonly ToolEntry[];
  /** A session of a client with a handshake, or of one that holds a connection. */
  readonly openSession: (caller: Caller) => EdgeSession;
  /** The parts for one request of a client without sessions (2026-07-28). */
  readonly stateless: (caller: Caller) => ServerParts;
  /** A call context for a request without a way back to its client (REST). */
  readonly context: (caller: Caller, rest: Omit<CallContext, 'caller'>) => CallContext;
  readonly requests: RequestLog;
  readonly metrics: Metrics;
  readonly log: Logger;
}
