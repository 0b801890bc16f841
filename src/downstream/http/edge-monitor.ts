import type { StartSettings } from '../../config/settings.ts';
import { type Gauges, Metrics } from '../../observe/metrics.ts';
import { type CallObservation, observeCalls } from '../../observe/observe-calls.ts';
import { RequestLog } from '../../observe/request-log.ts';
import { VERSION } from '../../version.ts';

const HOUR_MS = 3_600_000;

/** The request log and the metrics of the edge. */
export interface EdgeMonitor {
  readonly requests: RequestLog;
  readonly metrics: Metrics;
  /** Writes calls into the request log and the metrics, if they are switched on. */
  readonly observed: CallObservation;
}

/** Reads its settings once, at the start of the edge. */
export function createMonitor({ monitor }: Pick<StartSettings, 'monitor'>, gauges: Gauges): EdgeMonitor {
  const metrics = new Metrics(gauges, VERSION);
  const requests = new RequestLog({
    retentionMs: monitor.retentionHours * HOUR_MS,
    maxRecords: monitor.maxRecords,
    keepArguments: monitor.arguments,
  });
  const observed = observeCalls({ ...(monitor.requestLog && { requests }), ...(monitor.prometheus && { metrics }) });
  return { requests, metrics, observed };
}
