import { realpathSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { textOf } from '../helpers/clients/results.ts';
import { commandLine } from '../helpers/command-line/command-line.ts';
import { launchGateway } from '../helpers/gateway/gateway.ts';
import { type Entry, REAL, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { oddServer, sendJson } from '../helpers/servers/odd-server.ts';

/** Asks for the roots that long after the handshake, keeps what it is told a moment later, and tells it when it is called. */
const ASKER = `
let roots = 'none';
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const [afterMs] = process.argv.slice(1).map(Number);
const RESULTS = {
  initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'asker', version: '1' } },
  'tools/list': { tools: [{ name: 'roots', inputSchema: { type: 'object' } }] },
  ping: {},
};
require('node:readline').createInterface(process.stdin).on('line', (line) => {
  const { id, method, result } = JSON.parse(line);
  if (method === 'notifications/initialized' && afterMs >= 0) setTimeout(say, afterMs, { id: 'roots', method: 'roots/list' });
  if (id === 'roots') setTimeout(() => { roots = JSON.stringify(result?.roots) ?? 'refused'; }, 2);
  if (method === 'tools/call') say({ id, result: { content: [{ type: 'text', text: roots }] } });
  else if (method && id !== undefined) say({ id, result: RESULTS[method] });
});`;

function asker(afterMs: number | 'never', rest: object = {}): Entry {
  return { type: 'local', command: [process.execPath, '-e', ASKER, String(afterMs)], ...rest };
}

test('the first call of a server that takes the roots of --root, or of its entry, finds them taken [upstream.roots-first]', async () => {
  const [given, own, root] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()].map((each) =>
    realpathSync(each),
  );
  const { run } = commandLine({
    given: REAL.filesystem(given as string),
    own: { ...REAL.filesystem(given as string), roots: [own] },
    atOnce: asker(0),
    soon: asker(1, { roots: [own] }),
  });
  const told = async (...args: string[]) => (await run(['call', ...args])).stdout;
  const allowed = (folder: unknown) => `Allowed directories:\n${folder}`;
  expect(await told('given::list_allowed_directories')).toContain(allowed(given));
  expect(await told('given::list_allowed_directories', '--root', root as string)).toContain(allowed(root));
  expect(await told('own::list_allowed_directories')).toContain(allowed(own));
  expect(await told('atOnce::roots', '--root', root as string)).toContain(`file://${root}`);
  expect(await told('soon::roots')).toContain(`file://${own}`);
});

test("the first call of a session waits for the client's roots, over stdio and HTTP, and not for ever [upstream.roots-first]", async () => {
  const remote = await askingOverHttp();
  const answering = await session({ soon: asker(1), remote, silent: asker('never') }, true);
  await Promise.all(
    ['soon', 'remote'].map(async (server) => expect(await answering(server)).toBe('[{"uri":"file:///mine"}]')),
  );
  expect(await answering('silent')).toBe('none');
  const mute = await session({ soon: asker(0) }, false);
  expect(await mute('soon')).toBe('none');
});

/** Calls the tool of a server, in a session whose client has roots and may tell them. */
async function session(config: object, tellsRoots: boolean) {
  const { peer } = launchGateway({ config }).process;
  peer.onMessage(({ id, method }) => {
    if (method === 'roots/list' && tellsRoots) peer.send({ id, result: { roots: [{ uri: 'file:///mine' }] } });
  });
  const clientInfo = { name: 'rooted', version: '1' };
  await peer.request('initialize', { protocolVersion: '2025-11-25', capabilities: { roots: {} }, clientInfo });
  peer.notify('notifications/initialized');
  return async (server: string) => {
    const { result } = await peer.request('tools/call', { name: 'invoke', arguments: { id: `${server}::roots` } });
    return textOf(result as JsonObject);
  };
}

/** The same server behind Streamable HTTP: it asks by the stream that stands between requests. */
async function askingOverHttp(): Promise<Entry> {
  let roots = 'none';
  const { url } = await oddServer(({ id, method, result }, response) => {
    if (method === 'GET') {
      const question = { jsonrpc: '2.0', id: 'roots', method: 'roots/list' };
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      return void response.write(`data: ${JSON.stringify(question)}\n\n`);
    }
    if (method === undefined) roots = JSON.stringify((result as JsonObject).roots);
    const tools = [{ name: 'roots', inputSchema: { type: 'object' } }];
    if (method === 'tools/list') return sendJson(response, { jsonrpc: '2.0', id, result: { tools } });
    const content = [{ type: 'text', text: roots }];
    return method === 'tools/call' && sendJson(response, { jsonrpc: '2.0', id, result: { content } });
  });
  return { type: 'remote', url, protocol: '2025-11-25' };
}
