import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { clip, type GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Observer } from './ended-call.ts';
import { countsBy, DURATION_BUCKETS, sumText, toolFigures, totalOf } from './metrics-summary.ts';
import { processMetrics } from './process-metrics.ts';

/** Functions that are read at each request for the metrics. */
export interface Gauges {
  readonly queued: () => number;
  readonly running: () => number;
  /** Number of servers by state. */
  readonly servers: () => Readonly<Record<string, number>>;
  /** Number of client sessions by transport. */
  readonly sessions: () => Readonly<Record<string, number>>;
  readonly tools: () => number;
}

const TOOL_OUTCOME = ['server', 'tool', 'outcome'];
/** Metrics with a series per tool. */
const BY_TOOL = ['mcp_gateway_calls_total', 'mcp_gateway_call_duration_seconds'];
const MAX_TOOLS = 500;
const MAX_SERVERS = 100;
const MAX_REASONS = 20;

/** Counters and histograms of calls and requests, and figures of the process. */
export class Metrics {
  readonly #gauges: Gauges;
  readonly #version: string;
  readonly #registry = new Registry();
  readonly #labels = new BoundedToolLabels(MAX_TOOLS, MAX_SERVERS);
  readonly #reasons = new BoundedNames(MAX_REASONS);
  readonly #calls = this.#counter('calls_total', 'Calls that reached a tool, by how they ended.', TOOL_OUTCOME);
  readonly #errors = this.#counter('errors_total', 'Errors of the gateway, whether or not a tool was reached.', [
    'code',
  ]);
  readonly #durations = new Histogram({
    name: 'mcp_gateway_call_duration_seconds',
    help: 'Time that calls took which reached a tool.',
    labelNames: ['server', 'tool'],
    buckets: [...DURATION_BUCKETS],
    registers: [this.#registry],
  });
  readonly #refused = this.#counter('refused_total', 'Calls that never reached a tool.', ['code']);
  readonly #limited = this.#counter('rate_limited_total', 'Requests turned away for coming too often.', []);
  readonly #unauthenticated = this.#counter('unauthenticated_total', 'Requests turned away for their credentials.', [
    'reason',
  ]);
  readonly #stopProcessMetrics: () => void;

  /** `version` is the version of the gateway. */
  constructor(gauges: Gauges, version: string) {
    this.#gauges = gauges;
    this.#version = version;
    this.#registerGauges();
    this.#stopProcessMetrics = processMetrics(this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts and times a call that reached a tool and has ended, by server and tool. The number of labels is bounded. */
  readonly ended: Observer = ({ call: { tool }, durationMs, outcome }) => {
    const labels = this.#labels.of(tool.id, tool.server, tool.definition.name);
    this.#calls.inc({ ...labels, outcome });
    this.#durations.observe(labels, durationMs / 1_000);
    if (outcome !== 'ok' && outcome !== 'tool_error') this.#errors.inc({ code: outcome });
  };

  /**
   * Counts a call that never reached a tool. Its name is no label, because a caller who asks for unknown tools could
   * create labels without end.
   */
  refused(_tool: string, { code }: GatewayError): void {
    this.#refused.inc({ code });
    this.#errors.inc({ code });
  }

  /** Counts a request that exceeded the rate limit. */
  limited(): void {
    this.#limited.inc();
  }

  /** Counts a request with missing or wrong credentials. `reason` is one of a few words, never the credentials. */
  unauthenticated(reason: string): void {
    this.#unauthenticated.inc({ reason: this.#reasons.of(reason) });
  }

  /** The metrics in Prometheus text format. Without `tools` it does not show which tools were called. */
  async text(tools = true): Promise<string> {
    if (tools) return this.#registry.metrics();
    const others = this.#registry.getMetricsAsArray().filter(({ name }) => !BY_TOOL.includes(name));
    const texts = others.map(({ name }) => this.#registry.getSingleMetricAsString(name));
    const sums = [sumText(this.#calls, ['outcome']), sumText(this.#durations, ['le'])];
    return `${(await Promise.all([...texts, ...sums])).join('\n\n')}\n`;
  }

  /**
   * The metrics as JSON for people: totals, current gauges, and the tools with the most calls first and estimated
   * quantiles.
   */
  async json(tools = true): Promise<JsonObject> {
    const { queued, running, servers, sessions, tools: known } = this.#gauges;
    return {
      version: this.#version,
      uptimeSeconds: Math.round(process.uptime()),
      calls: await totalOf(this.#calls),
      outcomes: await countsBy(this.#calls, 'outcome'),
      errors: await countsBy(this.#errors, 'code'),
      refused: await countsBy(this.#refused, 'code'),
      rateLimited: await totalOf(this.#limited),
      unauthenticated: await countsBy(this.#unauthenticated, 'reason'),
      jobs: { queued: queued(), running: running() },
      servers: servers(),
      sessions: sessions(),
      tools: known(),
      ...(tools && { byTool: await toolFigures(this.#calls, this.#durations) }),
    };
  }

  /** Stops the measurement of the process. The counts can still be read. */
  close(): void {
    this.#stopProcessMetrics();
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `mcp_gateway_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #registerGauges(): void {
    const { queued, running, servers, sessions, tools } = this.#gauges;
    this.#gauge('jobs_queued', 'Background jobs that wait.', queued);
    this.#gauge('jobs_running', 'Background jobs that run.', running);
    this.#gauge('tools', 'Tools known.', tools);
    this.#gaugeBy('servers', 'Configured servers, by state.', 'state', servers);
    this.#gaugeBy('sessions', 'Client sessions, by transport.', 'transport', sessions);
    this.#gaugeBy('build_info', 'The version that runs; always 1.', 'version', () => ({ [this.#version]: 1 }));
  }

  #gauge(name: string, help: string, read: () => number): void {
    const collect = function (this: Gauge) {
      this.set(read());
    };
    new Gauge({ name: `mcp_gateway_${name}`, help, registers: [this.#registry], collect });
  }

  #gaugeBy(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void {
    const collect = function (this: Gauge) {
      this.reset();
      for (const [value, count] of Object.entries(read())) this.set({ [label]: value }, count);
    };
    new Gauge({ name: `mcp_gateway_${name}`, help, labelNames: [label], registers: [this.#registry], collect });
  }
}

/** Label of everything beyond a bound. */
const OTHER = 'other';

/** Labels of one tool. */
interface ToolLabels {
  readonly server: string;
  readonly tool: string;
}

/** Labels of tools, bounded in number: each series costs memory here and in the collector. */
class BoundedToolLabels {
  readonly #maxTools: number;
  readonly #byTool = new Map<string, ToolLabels>();
  readonly #servers: BoundedNames;
  readonly #byServer = new Map<string, ToolLabels>();

  constructor(maxTools: number, maxServers: number) {
    this.#maxTools = maxTools;
    this.#servers = new BoundedNames(maxServers);
  }

  /** `id` is the id of the tool. Tools beyond the bound share the label `other` of their server. */
  of(id: string, server: string, tool: string): ToolLabels {
    const known = this.#byTool.get(id);
    if (known) return known;
    if (this.#byTool.size >= this.#maxTools) return this.#others(this.#servers.of(server));
    const labels = { server: clip(server), tool: clip(tool) };
    this.#byTool.set(id, labels);
    return labels;
  }

  #others(server: string): ToolLabels {
    const labels = this.#byServer.get(server) ?? { server, tool: OTHER };
    this.#byServer.set(server, labels);
    return labels;
  }
}

/** Names, bounded in number. A name beyond the bound becomes `other`. */
class BoundedNames {
  readonly #max: number;
  readonly #names = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  of(name: string): string {
    const shown = clip(name);
    if (!this.#names.has(shown) && this.#names.size >= this.#max) return OTHER;
    this.#names.add(shown);
    return shown;
  }
}
