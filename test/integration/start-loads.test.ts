import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { launchGateway } from '../helpers/gateway/gateway.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { local, temporaryDirectory } from '../helpers/servers/fixture.ts';

/**
 * Bounds of what a session has loaded right before it answers, and at its end; what more it would load costs every
 * start. The topics of servers, the verbs that they leave out and the grouping of servers in the instructions take 17 KB
 * of it, the remembered introduction 6 KB and two files (what it needs is loaded before the rest), and the way of a call
 * that waits for nothing, beside the one that does, 1.4 KB. In the answers of a search, deprecated tools, several
 * requests in a message and hidden characters take 8 KB.
 */
const BOUNDS = {
  // `EarlyResponder` answers it, with the configuration alone.
  initialize: { files: 8, bytes: 343_000 },
  // The gateway, and the servers' side of MCP.
  search: { files: 11, bytes: 644_000 },
  call: { files: 11, bytes: 644_000 },
  // What was learnt is written down.
  end: { files: 13, bytes: 648_000 },
};
const PRELOAD = fileURLToPath(new URL('../fixtures/counting/loads.mjs', import.meta.url));

test('a session that searches and calls loads nothing beside [starts.loads, speed.loads]', async () => {
  const coverage = join(temporaryDirectory(), 'coverage');
  mkdirSync(coverage);
  const gateway = launchGateway({
    config: { fixture: local({ tools: ['echo'] }) },
    env: { NODE_V8_COVERAGE: coverage },
    command: [process.execPath, '--import', PRELOAD, BIN],
  });
  const { peer } = gateway.process;
  const clientInfo = { name: 'loads', version: '1' };
  await peer.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
  peer.notify('notifications/initialized');
  const found = await peer.request('tools/call', { name: 'search', arguments: { query: 'echo a text' } });
  expect(JSON.stringify(found)).toContain('fixture::echo');
  const invoke = { name: 'invoke', arguments: { id: 'fixture::echo', args: { text: 'hello' } } };
  expect(await peer.request('tools/call', invoke)).toMatchObject({ result: { content: [{ type: 'text' }] } });
  await gateway.stop();

  const loaded = loadedBy(gateway.pid, coverage);
  expect(loaded).toHaveLength(Object.keys(BOUNDS).length);
  for (const [at, [moment, { files, bytes }]] of Object.entries(BOUNDS).entries()) {
    const until = [...new Set(loaded.slice(0, at + 1).flat())];
    const size = until.map((file) => statSync(file).size).reduce((sum, each) => sum + each, 0);
    expect(until.length, `files before ${moment}`).toBeLessThanOrEqual(files);
    expect(size, `bytes before ${moment}`).toBeLessThanOrEqual(bytes);
  }
});

/** Files of the build that a process has used up to each of its answers, beyond those before; by what V8 has written then. */
function loadedBy(pid: number, coverage: string): string[][] {
  const ours = pathToFileURL(dirname(BIN)).href;
  const written = readdirSync(coverage).filter((file) => file.startsWith(`coverage-${pid}-`));
  const ordered = written.sort((a, b) => placeOf(a) - placeOf(b));
  return ordered.map((file) => {
    const { result } = JSON.parse(readFileSync(join(coverage, file), 'utf8')) as { result: { url: string }[] };
    return result
      .map(({ url }) => url)
      .filter((url) => url.startsWith(`${ours}/`))
      .map((url) => fileURLToPath(url));
  });
}

/** `coverage-<pid>-<time>-<place>.json` */
const placeOf = (file: string) => Number(/-(\d+)\.json$/.exec(file)?.[1]);
