import { readdirSync } from 'node:fs';
import { type IntervalHistogram, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const LAG_RESOLUTION_MS = 50;
/** Node counts the interval of its own samples as delay, Bun does not. In ns. */
const LAG_BASE_NS = process.versions.bun ? 0 : LAG_RESOLUTION_MS * 1e6;
/** Names of the numbers that Node gives the kinds of garbage collection. */
const GC_KINDS: Readonly<Record<number, string>> = { 1: 'minor', 4: 'major', 8: 'incremental', 16: 'weakcb' };

/** Registers figures of this process under their customary names; returns a function that stops their collection. */
export function processMetrics(registry: Registry): () => void {
  registerProcess(registry);
  registerMemory(registry);
  const stops = [registerLag(registry), registerGarbageCollection(registry)];
  return () => {
    for (const stop of stops) stop();
  };
}

function registerProcess(registry: Registry): void {
  const cpu = () => process.cpuUsage();
  counter(registry, 'process_cpu_user_seconds_total', 'User CPU time in seconds.', () => cpu().user / 1e6);
  counter(registry, 'process_cpu_system_seconds_total', 'System CPU time in seconds.', () => cpu().system / 1e6);
  counter(registry, 'process_cpu_seconds_total', 'User and system CPU time in seconds.', () => {
    const { user, system } = cpu();
    return (user + system) / 1e6;
  });
  const startedAt = Date.now() / 1_000 - process.uptime();
  gauge(registry, 'process_start_time_seconds', 'Start of the process, in seconds since the epoch.', () => startedAt);
  if (process.platform !== 'linux') return;
  gauge(registry, 'process_open_fds', 'Open file descriptors.', () => readdirSync('/proc/self/fd').length - 1);
}

function registerMemory(registry: Registry): void {
  const memory = () => process.memoryUsage();
  gauge(registry, 'process_resident_memory_bytes', 'Resident memory in bytes.', () => memory().rss);
  gauge(registry, 'nodejs_heap_size_total_bytes', 'Size of the heap in bytes.', () => memory().heapTotal);
  gauge(registry, 'nodejs_heap_size_used_bytes', 'Used part of the heap in bytes.', () => memory().heapUsed);
  gauge(registry, 'nodejs_external_memory_bytes', 'Memory outside of the heap in bytes.', () => memory().external);
}

/** Registers delays of the event loop since the last scrape. */
function registerLag(registry: Registry): () => void {
  const lag = delayMonitor();
  if (lag === undefined) return () => {};
  const seconds = (delayNs: number) => (lag.count === 0 ? 0 : Math.max(0, delayNs - LAG_BASE_NS) / 1e9);
  const name = (figure: string) => `nodejs_eventloop_lag_${figure}_seconds`;
  gauge(registry, name('mean'), 'Mean delay of the event loop.', () => seconds(lag.mean));
  gauge(registry, name('p50'), 'Median delay of the event loop.', () => seconds(lag.percentile(50)));
  gauge(registry, name('p99'), '99th percentile of the delay of the event loop.', () => seconds(lag.percentile(99)));
  // Registered last, so it is read last and can reset the histogram.
  gauge(registry, name('max'), 'Longest delay of the event loop.', () => {
    const longest = seconds(lag.max);
    lag.reset();
    return longest;
  });
  return () => {
    lag.disable();
  };
}

/** A histogram of delays; its timer does not keep the process alive. Undefined where the runtime has none. */
function delayMonitor(): IntervalHistogram | undefined {
  try {
    const monitor = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
    monitor.enable();
    return monitor;
  } catch {
    return undefined;
  }
}

function registerGarbageCollection(registry: Registry): () => void {
  // The types lack this member: the kinds of entries that the runtime supports.
  const { supportedEntryTypes } = PerformanceObserver as { supportedEntryTypes?: readonly string[] };
  if (!supportedEntryTypes?.includes('gc')) return () => {};
  const durations = new Histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Pauses for garbage collection, by kind.',
    labelNames: ['kind'],
    buckets: [0.001, 0.01, 0.1, 1],
    registers: [registry],
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      // The types lack `detail.kind`.
      const { detail } = entry as { detail?: { kind?: number } };
      durations.observe({ kind: GC_KINDS[detail?.kind ?? 0] ?? 'other' }, entry.duration / 1_000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** A counter whose value Node maintains; read at scrape time. */
function counter(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
