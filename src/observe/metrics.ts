import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { clip, type GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Observer } from './ended-call.ts';
import { countsBy, DURATION_BUCKETS, sumText, toolFigures, totalOf } from './metrics-summary.ts';
import { processMetrics } from './process-metrics.ts';

/** What is read at the moment somebody asks for the metrics. */
export interface Gauges {
  readonly queued: () => number;
  readonly running: () => number;
  /** Number of servers in each state. */
  readonly servers: () => Readonly<Record<string, number>>;
  /** Number of client sessions over each transport. */
  readonly sessions: () => Readonly<Record<string, number>>;
  readonly tools: () => number;
}

const TOOL_OUTCOME = ['server', 'tool', 'outcome'];
/** Metrics with a series for each tool. */
const BY_TOOL = ['mcp_gateway_calls_total', 'mcp_gateway_call_duration_seconds'];
const MAX_TOOLS = 500;
const MAX_SERVERS = 100;
const MAX_REASONS = 20;

/** Counters and histograms of what goes through the gateway, and figures of its process. */
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

  /** `version` is that of the gateway. */
  constructor(gauges: Gauges, version: string) {
    this.#gauges = gauges;
    this.#version = version;
    this.#registerGauges();
    this.#stopProcessMetrics = processMetrics(this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts and times a call that has reached a tool and ended, by server and tool, the number of labels bounded. */
  readonly ended: Observer = ({ call: { tool }, durationMs, outcome }) => {
    const labels = this.#labels.of(tool.id, tool.server, tool.definition.name);
    this.#calls.inc({ ...labels, outcome });
    this.#durations.observe(labels, durationMs / 1_000);
    if (outcome !== 'ok' && outcome !== 'tool_error') this.#errors.inc({ code: outcome });
  };

  /** A call that never reached a tool. Its name is no label: whoever asks for unknown tools would make them without end. */
  refused(_tool: string, { code }: GatewayError): void {
    this.#refused.inc({ code });
    this.#errors.inc({ code });
  }

  /** A request was turned away for coming too often. */
  limited(): void {
    this.#limited.inc();
  }

  /** A request was turned away for its credentials. `reason` is one of a few words, never what was presented. */
  unauthenticated(reason: string): void {
    this.#unauthenticated.inc({ reason: this.#reasons.of(reason) });
  }

  /** Prometheus text format; without `tools` it does not tell which were called. */
  async text(tools = true): Promise<string> {
    if (tools) return this.#registry.metrics();
    const others = this.#registry.getMetricsAsArray().filter(({ name }) => !BY_TOOL.includes(name));
    const texts = others.map(({ name }) => this.#registry.getSingleMetricAsString(name));
    const sums = [sumText(this.#calls, ['outcome']), sumText(this.#durations, ['le'])];
    return `${(await Promise.all([...texts, ...sums])).join('\n\n')}\n`;
  }

  /** The same for people: totals, tools with the most calls first and estimates of their quantiles, gauges as they are now. */
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

  /** Stops what is measured beside calls; what was counted can still be read. */
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

/** Under this name is counted together what came after the bound was reached. */
const OTHER = 'other';

/** Labels of one tool. */
interface ToolLabels {
  readonly server: string;
  readonly tool: string;
}

/** Labels of tools, bounded in number: each series costs memory here and in whatever collects it. */
class BoundedToolLabels {
  readonly #maxTools: number;
  readonly #byTool = new Map<string, ToolLabels>();
  readonly #servers: BoundedNames;
  readonly #byServer = new Map<string, ToolLabels>();

  constructor(maxTools: number, maxServers: number) {
    this.#maxTools = maxTools;
    this.#servers = new BoundedNames(maxServers);
  }

  /** `id` is that of the tool. Tools beyond the bound share the label `other` of their server. */
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

/** Names, bounded in number: those beyond become `other`. */
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
