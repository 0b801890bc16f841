import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { connectHttp } from '../helpers/clients/http-clients.ts';
import { elicit } from '../helpers/clients/multi-round-requests.ts';
import { textOf } from '../helpers/clients/results.ts';
import { connectStreamable, initialize, post } from '../helpers/clients/streamable-client.ts';
import { startHttpGateway } from '../helpers/gateway/http-gateway.ts';
import { journal, local, remote } from '../helpers/servers/fixture.ts';
import { descendants, expectDead, waitUntil } from '../helpers/system/processes.ts';

const ELICITATION = { elicitation: { form: {} } };
/** More than sockets buffer, in bytes. */
const LARGE = 50_000_000;

test.each(['v1', 'v2', 'v1-sse', 'v1-ws', 'v2-modern'] as const)(
  '%s: at a stop the call that runs is answered, nobody else comes in, and no process is left [http.stop]',
  async (kind) => {
    const { file, events } = journal();
    const { address, pid } = await startHttpGateway({ servers: [{ id: 'u', ...local({ journal: file }) }] });
    const client = await connectHttp(address, { kind, capabilities: ELICITATION });
    await client.invoke('u::pid');
    const running = client.invoke('u::sleep', { ms: 3_000 });
    await waitUntil(() => events('call').some(({ tool }) => tool === 'sleep'));
    const started = [...descendants(pid), ...events('start').map((event) => event.pid)];
    process.kill(pid, 'SIGTERM');
    await waitUntil(() => isRefused(address), { what: 'new requests are refused' });
    expect(textOf(await running)).toBe('slept 3000');
    await expectDead([pid, ...started]);
  },
);

/** Whether a new request is answered with 503. */
async function isRefused(address: string): Promise<boolean> {
  try {
    const response = await post(`${address}/mcp`, initialize());
    await response.text();
    return response.status === 503;
  } catch {
    return false;
  }
}

test('an answer that the client has not read to its end arrives whole [http.stop]', async () => {
  const u = await remote('http');
  // Making 50 MB takes a busy machine longer than a stop waits by itself.
  const http = { stopSeconds: 60 };
  const { address, pid } = await startHttpGateway({ http, servers: [{ id: 'u', ...u.entry() }] });
  const client = await connectStreamable(address);
  // Resolves with the head of the answer.
  const response = await client.post(client.invoke('u::big', { bytes: LARGE }));
  process.kill(pid, 'SIGTERM');
  await waitUntil(() => response.bodyUsed || isGone(address), { what: 'nobody is let in' });
  const text = await response.text();
  expect(text.length, text.slice(0, 300)).toBeGreaterThan(LARGE);
  await expectDead([pid]);
});

test.each(['v1', 'v1-sse', 'v1-ws'] as const)(
  '%s: a client can still answer what it was asked, and its call ends [http.stop]',
  async (kind) => {
    const { address, pid } = await startHttpGateway({ servers: [{ id: 'u', ...local() }] });
    let allow: () => void = () => {};
    const allowed = new Promise<void>((resolve) => {
      allow = resolve;
    });
    const client = await connectHttp(address, {
      kind,
      capabilities: ELICITATION,
      answer: async (): Promise<JsonObject> => {
        await allowed;
        return { action: 'decline' };
      },
    });
    const called = client.invoke('u::ask', { rounds: [{ q: elicit('may it end?') }] });
    await waitUntil(() => client.asked.length > 0, { what: 'the question' });
    process.kill(pid, 'SIGTERM');
    await waitUntil(() => isRefused(address), { what: 'new requests are refused' });
    allow();
    expect(textOf(await called)).toContain('decline');
    await expectDead([pid]);
  },
);

/** Whether a new request is refused, or finds nobody any more. */
async function isGone(address: string): Promise<boolean> {
  return post(`${address}/mcp`, initialize()).then(
    ({ status }) => status === 503,
    () => true,
  );
}
