import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import {
  accepted,
  answering,
  elicit,
  inputRequired,
  modernGateway,
  sample,
} from '../helpers/clients/multi-round-requests.ts';
import { blocks, errorOf, jsonOf, textOf } from '../helpers/clients/results.ts';
import { inEra } from '../helpers/fidelity/rows.ts';
import type { ClientKind } from '../helpers/fidelity/session.ts';
import { throughGateway } from '../helpers/fidelity/ways.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const CLIENTS: readonly ClientKind[] = ['v1', 'v2', 'v2-modern'];

const CAPABLE: Readonly<Record<string, JsonObject>> = {
  sampling: sample('text'),
  elicitation: elicit('accept'),
  roots: { method: 'roots/list', params: {} },
};

test.each(CLIENTS)(
  '%s: a question that the client cannot answer is refused at once [channels.incapable]',
  async (client) => {
    const { call, session } = await throughGateway(client, local(), 'ask', undefined, {});
    for (const question of Object.values(CAPABLE)) {
      const [answers] = JSON.parse(textOf(await call('ask', { rounds: [{ q: question }] }))) as JsonObject[];
      expect(answers?.q).toMatchObject({ error: { code: -32_601 } });
    }
    expect(session.asked).toEqual([]);
  },
);

test.each(CLIENTS)(
  '%s: a 2026-era server hears what the client cannot do [channels.incapable, eras.identity]',
  async (client) => {
    const { file, events } = journal();
    const entry = inEra(local({ sdk: 'v2', journal: file }), '2026');
    const { call } = await throughGateway(client, entry, 'ask', undefined, { roots: {} });
    await call('echo', {});
    expect(events('call').at(-1)?.meta).toMatchObject({
      'io.modelcontextprotocol/clientCapabilities': { roots: {} },
      'io.modelcontextprotocol/clientInfo': { name: 'matrix-client', version: '3.2.1' },
    });
    expect(errorOf(await call('ask', { rounds: [{ q: CAPABLE.elicitation }] }))).toMatch(/elicitation/);
  },
);

test.each(['v1', 'v2'] as const)(
  '%s: an error of the client ends a call of a 2026-era server [eras.client-error]',
  async (client) => {
    const { call } = await throughGateway(client, inEra(local({ sdk: 'v2' }), '2026'), 'ask');
    const result = await call('ask', { rounds: [{ q: elicit('reject') }] });
    expect(errorOf(result)).toMatch(/the user rejected it/);
  },
);

test('a client of 2026-07-28 that fails on a question gives up the call, and no other [eras.client-error]', async () => {
  const { call } = await throughGateway('v2-modern', local(), 'ask');
  await expect(call('ask', { rounds: [{ q: elicit('reject') }] })).rejects.toThrow(/rejected/);
  expect(textOf(await call('ask', { rounds: [{ q: elicit('accept') }] }))).toContain('Ada');
});

test.each(['v1', 'v2'] as const)('%s: a job that asks reaches the client at once [channels.jobs]', async (client) => {
  const { session } = await throughGateway(client, local(), 'ask');
  const args = { rounds: [{ q: elicit('accept') }] };
  const { jobId } = jsonOf(await session.callTool('invoke_async', { id: 'u::ask', args }));
  await waitUntil(() => session.asked.length === 1);
  const status = await session.callTool('job_status', { jobId, waitMs: 20_000 });
  expect(blocks(status)[1]?.text).toContain('Ada');
});

test.each(['invoke_async', 'invoke'] as const)(
  'a client of 2026-07-28 hears the question of a job from job_status (%s) [channels.jobs]',
  async (metaTool) => {
    const { peer } = await modernGateway();
    const args = { rounds: [{ q: elicit('1') }, { q: elicit('2') }], firstMs: 400 };
    const ticket = await peer.callTool(metaTool, { id: 'u::ask', args, ...(metaTool === 'invoke' && { waitMs: 1 }) });
    const { jobId } = jsonOf(ticket.result as JsonObject);
    const wait = { jobId, waitMs: 20_000 };
    const first = inputRequired(await peer.callTool('job_status', wait));
    expect(Object.values(first.inputRequests)).toEqual([elicit('1')]);
    const second = inputRequired(await peer.callTool('job_status', wait, answering(first, accepted)));
    const last = await peer.callTool('job_status', wait, answering(second, accepted));
    expect(blocks(last.result as JsonObject)[1]?.text).toBe(
      JSON.stringify([{ q: accepted('1') }, { q: accepted('2') }]),
    );
  },
);

test('a 2.x client of 2026-07-28 answers a job within one job_status [channels.jobs]', async () => {
  const { session } = await throughGateway('v2-modern', local(), 'ask');
  const args = { rounds: [{ q: elicit('accept') }, { q: sample('text') }] };
  const { jobId } = jsonOf(await session.callTool('invoke_async', { id: 'u::ask', args }));
  const status = await session.callTool('job_status', { jobId, waitMs: 20_000 });
  expect(blocks(status)[1]?.text).toContain('Paris');
});

test('a call handed over while its question is open goes on as a job [channels.jobs, waiting.handover]', async () => {
  const { peer } = await modernGateway();
  const args = { rounds: [{ q: elicit('who?') }], thenMs: 500 };
  const call = { id: 'u::ask', args, waitMs: 50 };
  const first = inputRequired(await peer.callTool('invoke', call));
  const ticket = await peer.callTool('invoke', call, answering(first, accepted));
  const { jobId } = jsonOf(ticket.result as JsonObject);
  const last = await peer.callTool('job_status', { jobId, waitMs: 20_000 });
  expect(blocks(last.result as JsonObject)[1]?.text).toContain('who?');
});
