import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { onLines } from '../system/lines.ts';

const SERVER = fileURLToPath(new URL('../../bench/performance/upstream.mjs', import.meta.url));

/** Address of a Streamable HTTP server without an SDK, whose one tool is `echo`, until the test has finished. */
export async function startPlainHttpServer(): Promise<string> {
  const options = JSON.stringify({ name: 'server', tools: 0, http: true });
  const child = spawn(process.execPath, [SERVER, options], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.stdin.end();
    await exited;
  });
  return new Promise((resolve) => onLines(child.stdout, resolve));
}
