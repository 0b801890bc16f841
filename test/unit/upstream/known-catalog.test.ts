import { expect, onTestFinished, test } from 'vitest';
import { serverSchema } from '../../../src/config/schema.ts';
import { createLogger } from '../../../src/platform/log.ts';
import { KnownCatalog } from '../../../src/upstream/known-catalog.ts';
import { connected, oddServer, RESULTS, sendJson, TOOL } from '../../helpers/servers/odd-server.ts';

/** The catalog of a server whose list of tools is answered when the test says so, and what an observer is told of it. */
async function observed() {
  let answer = () => {};
  let begun = () => {};
  const asked = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const { url } = await oddServer(({ method, id }, response) => {
    if (method !== 'tools/list') return false;
    answer = () => sendJson(response, { jsonrpc: '2.0', id, result: RESULTS['tools/list'] });
    return begun();
  });
  const { connection } = await connected(url);
  onTestFinished(() => connection.close());
  const told: string[] = [];
  const catalog = new KnownCatalog({ ...serverSchema.parse({ type: 'remote', url }), key: 'odd' }, undefined, {
    observer: {
      tools: ({ key }, tools) => told.push(`${key} lists ${tools.map(({ name }) => name).join()}`),
      read: ({ key }) => told.push(`${key} was read`),
    },
    identity: async () => ({ capabilities: {} }),
    log: createLogger(() => {}),
    redact: (text) => text,
  });
  const read = catalog.read(connection);
  await asked;
  return { catalog, told, answer: () => answer(), read };
}

test('an observer is told the tools of a server, and that its catalog was read [config.reload-change]', async () => {
  const { told, answer, read } = await observed();
  answer();
  await read;
  await expect.poll(() => told).toEqual([`odd lists ${TOOL.name}`, 'odd was read']);
});

test('an entry that was replaced tells no tools any more, though its server still answers [config.reload-change]', async () => {
  const { catalog, told, answer, read } = await observed();
  catalog.close();
  answer();
  await read;
  expect(told).toEqual([]);
  expect(catalog.current).toBeUndefined();
});
