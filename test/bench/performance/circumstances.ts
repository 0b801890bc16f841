import { cpus, loadavg } from 'node:os';

/** When and where a benchmark runs, and how busy that machine is before it begins. */
export function circumstances() {
  const date = new Date().toISOString().slice(0, 10);
  return {
    date,
    node: process.versions.node,
    platform: process.platform,
    cpus: cpus().length,
    load: loadavg()[0] ?? 0,
  };
}

/** The same for people. */
export function sentence({ date, node, platform, cpus, load }: ReturnType<typeof circumstances>): string {
  return `Measured on ${date} with Node ${node} on ${platform}, ${cpus} CPUs, load average ${load.toFixed(1)} before.`;
}
