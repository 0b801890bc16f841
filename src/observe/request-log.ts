import type { CallPolicy } from '../core/call.ts';
import type { ErrorCode, GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** One call that somebody asked for, as it is remembered. */
export interface RequestRecord {
  /** Unguessable. */
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  readonly caller: string;
  readonly tags?: readonly string[];
  readonly session?: string;
  readonly tool: string;
  /** Absent: the tool is unknown. */
  readonly server?: string;
  readonly background: boolean;
  readonly durationMs: number;
  /** `tool_error`: the tool's own result says that it failed. */
  readonly outcome: 'ok' | 'tool_error' | ErrorCode;
  readonly argumentBytes: number;
  readonly resultBytes: number;
  /** Only where `monitor.arguments` is on; secrets blanked. */
  readonly arguments?: JsonObject;
}

export interface RequestLogOptions {
  readonly retentionMs: number;
  readonly maxRecords: number;
  readonly keepArguments: boolean;
}

export interface RequestQuery {
  readonly caller?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly outcome?: string;
  /** Epoch ms, inclusive. */
  readonly since?: number;
  /** Epoch ms, exclusive. */
  readonly until?: number;
  readonly limit: number;
  /** As `next` of the page before. */
  readonly cursor?: string;
}

/** Who called what: newest first, bounded by age and number. */
export declare class RequestLog {
  constructor(options: RequestLogOptions, now?: () => number);
  /** Remembers each call that reaches a tool. */
  readonly policy: CallPolicy;
  /** A call that never reached a tool: unknown, ambiguous, wrong arguments, full queue. */
  refused(caller: { id: string }, tool: string, error: GatewayError): void;
  query(query: RequestQuery): { readonly records: readonly RequestRecord[]; readonly next?: string };
}
