import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { parsePrometheus } from '../../helpers/clients/prometheus-text.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('../../fixtures/metrics-process.ts', import.meta.url));
const BUN = fileURLToPath(new URL('../../../node_modules/.bin/bun', import.meta.url));

const NAMES = [
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_cpu_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_eventloop_lag_max_seconds',
];

/** The fixture as the build would bundle it. */
async function bundled(): Promise<string> {
  const outfile = join(temporaryDirectory(), 'metrics-process.mjs');
  const require = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  const options = { bundle: true, format: 'esm', platform: 'node', target: 'node20', banner: { js: require } } as const;
  await build({ ...options, entryPoints: [SOURCE], outfile, logLevel: 'warning' });
  return outfile;
}

test.each([
  ['Node', process.execPath, 'open'],
  ['Node', process.execPath, 'close'],
  ['Bun', BUN, 'open'],
  ['Bun', BUN, 'close'],
])(
  'under %s (%s, %s) there are figures of the process, which ends all the same [monitor.process]',
  async (_, bin, how) => {
    // Rejects when the process fails, or has not ended by itself by then.
    const { stdout, stderr } = await run(bin, [await bundled(), how], { timeout: 20_000 });
    expect(stderr).toBe('');
    const families = parsePrometheus(stdout);
    for (const name of NAMES) expect(families.get(name)?.samples, name).toMatchObject([{ value: expect.any(Number) }]);
    const [resident] = families.get('process_resident_memory_bytes')?.samples ?? [];
    const [started] = families.get('process_start_time_seconds')?.samples ?? [];
    expect(resident?.value).toBeGreaterThan(1_000_000);
    expect(Math.abs((started?.value ?? 0) - Date.now() / 1_000)).toBeLessThan(3_600);
  },
);
