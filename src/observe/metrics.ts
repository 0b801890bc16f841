import type { CallPolicy } from '../core/call.ts';
import type { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** What is read at the moment somebody asks for the metrics. */
export interface Gauges {
  readonly queued: () => number;
  readonly running: () => number;
  /** Number of servers in each state. */
  readonly servers: () => Readonly<Record<string, number>>;
  readonly sessions: () => Readonly<Record<string, number>>;
  readonly tools: () => number;
}

/** Counters and histograms of what goes through the gateway. */
export declare class Metrics {
  constructor(gauges: Gauges);
  readonly contentType: string;
  /** Counts and times each call that reaches a tool, by server and tool, the number of labels bounded. */
  readonly policy: CallPolicy;
  refused(tool: string, error: GatewayError): void;
  /** A request was turned away for coming too often. */
  limited(): void;
  /** A request was turned away for its credentials. */
  unauthenticated(reason: string): void;
  /** Prometheus text format. */
  text(): Promise<string>;
  json(): Promise<JsonObject>;
}
