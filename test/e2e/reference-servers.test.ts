import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { textOf } from '../helpers/clients/results.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { local, REAL, remote, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { descendants, expectDead, waitUntil } from '../helpers/system/processes.ts';

test.each(['v1', 'v2'] as const)(
  'a %s client drives the reference servers and three remote ones at once, and each comes back [package.reference-servers, tools.clients]',
  async (sdk) => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'note.txt'), 'a note');
    const far = { http: await remote('http'), sse: await remote('sse'), ws: await remote('ws') };
    const gateway = await startGateway({
      sdk,
      config: {
        everything: REAL.everything(),
        files: REAL.filesystem(folder),
        memory: REAL.memory(join(folder, 'memory.jsonl')),
        http: far.http.entry(),
        sse: far.sse.entry(),
        ws: far.ws.entry(),
        near: local(),
      },
    });
    const checks: Record<string, () => Promise<boolean>> = {
      everything: async () => (await answer(gateway, 'everything::echo', { message: 'hi' })).includes('hi'),
      files: async () =>
        (await answer(gateway, 'files::read_text_file', { path: join(folder, 'note.txt') })).includes('a note'),
      memory: async () => (await answer(gateway, 'memory::read_graph', {})).includes('entities'),
      ...Object.fromEntries(
        ['http', 'sse', 'ws', 'near'].map((key) => [
          key,
          async () => (await answer(gateway, `${key}::add`, { a: 1, b: 1 })) === '2',
        ]),
      ),
    };
    for (const [server, works] of Object.entries(checks)) expect(await works(), server).toBe(true);

    const { results } = await gateway.search('read a text file');
    expect(results.map(({ id }) => id)).toContain('files::read_text_file');
    expect(JSON.stringify(await gateway.describe('files::read_text_file'))).toContain('inputSchema');
    const { jobId } = await gateway.invokeAsync('memory::read_graph');
    expect((await gateway.jobStatus(jobId, { waitMs: 20_000 })).record.status).toBe('completed');

    const children = descendants(gateway.pid);
    // Four servers, and the process that would end them were the gateway killed.
    expect(children).toHaveLength(5);
    for (const pid of children) {
      process.kill(pid, 'SIGKILL');
      for (const [server, works] of Object.entries(checks)) await waitUntil(works, { what: `${server} works` });
    }
    const last = descendants(gateway.pid);
    await gateway.stop();
    await expectDead(last, 1_000);
  },
);

async function answer(gateway: Gateway, id: string, args: Record<string, unknown>): Promise<string> {
  const result = await gateway.invoke(id, args, { rest: { timeoutMs: 5_000 } });
  return result.isError ? '' : textOf(result);
}
