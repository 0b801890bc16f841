import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { textOf } from '../helpers/clients/results.ts';
import { throughEdge, throughGateway } from '../helpers/fidelity/ways.ts';
import { local } from '../helpers/servers/fixture.ts';

/** What servers answer, and a part of what a client is told. */
const ODD: readonly [JsonObject, string][] = [
  [{ content: null, structuredContent: { a: 1 } }, '"a":1'],
  [{ content: 'plain text' }, 'plain text'],
  [{ content: { type: 'text', text: 'one block' } }, 'one block'],
  [{ structuredContent: [{ a: 2 }], content: [] }, '"a":2'],
  [{ content: [{ type: 'text', text: 5, _meta: null, annotations: null }], _meta: null, isError: null }, '5'],
  [{ content: [{ type: 'resource', resource: { text: 'nowhere' } }, 'bare'] }, 'nowhere'],
  [{ content: [{ type: 'image', data: null }] }, 'image'],
  [{ task: { taskId: 'unasked' } }, 'unasked'],
  [
    { content: 'beside', _meta: { progressToken: null, 'io.modelcontextprotocol/related-task': { taskId: 5 } } },
    'beside',
  ],
  [{}, '[]'],
];

test.each([
  ['stdio', 'v1'],
  ['stdio', 'v2'],
  ['stdio', 'v2-modern'],
  ['http', 'v1'],
  ['http', 'v2-modern'],
] as const)('over %s a real client (%s) takes every odd result [results.sound-clients]', async (transport, client) => {
  const entry = local({ sdk: 'raw' });
  const { call, session } = await (transport === 'stdio'
    ? throughGateway(client, entry, 'answer')
    : throughEdge(transport, client, entry, 'answer'));
  for (const [result, part] of ODD) expect(JSON.stringify(await call('answer', { result }))).toContain(part);
  const ticket = await session.callTool('invoke_async', { id: 'u::answer', args: { result: { content: 'of a job' } } });
  const { jobId } = JSON.parse(textOf(ticket));
  expect(JSON.stringify(await session.callTool('job_status', { jobId, waitMs: 20_000 }))).toContain('of a job');
});
