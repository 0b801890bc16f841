import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));
const TIMEOUT_MS = 300_000;

async function conformance(...sections: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [RUN, '--gateway-only', ...sections], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { code, output };
}

test('server scenarios of 2025-11-25 pass through the gateway [conformance.server-2025]', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { code, output } = await conformance('server-2025');
  expect(code, output).toBe(0);
});

test('server scenarios of 2026-07-28 pass through the gateway [conformance.server-2026]', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { code, output } = await conformance('server-2026');
  expect(code, output).toBe(0);
});

test('client scenarios pass through the gateway [conformance.client]', { timeout: TIMEOUT_MS }, async () => {
  const { code, output } = await conformance('client-2025', 'client-2026');
  expect(code, output).toBe(0);
});

test('what a five-tool server can pass of both revisions passes at /mcp of start [conformance.edge]', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { code, output } = await conformance('edge-2025', 'edge-2026');
  expect(code, output).toBe(0);
});
