import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { local, temporaryDirectory } from '../helpers/servers/fixture.ts';

/**
 * Bounds of what a session loads that searches and calls once; what more it would load costs every start. The topics of
 * servers, the verbs that they leave out and the grouping of servers in the instructions take 17 KB of it, the remembered
 * introduction 6 KB and two files (what it needs is loaded before the rest), and the way of a call that waits for
 * nothing, beside the one that does, 1.4 KB.
 */
const MAX_FILES = 13;
const MAX_BYTES = 637_000;

test('a session that searches and calls loads nothing beside [starts.loads]', async () => {
  const coverage = join(temporaryDirectory(), 'coverage');
  mkdirSync(coverage);
  const gateway = await startGateway({
    config: { fixture: local({ tools: ['echo'] }) },
    env: { NODE_V8_COVERAGE: coverage },
  });
  await gateway.client.listTools();
  expect(await gateway.search('echo a text')).toMatchObject({ found: 1 });
  expect(await gateway.invoke('fixture::echo', { text: 'hello' })).toMatchObject({ content: [{ type: 'text' }] });
  await gateway.stop();
  const loaded = filesOfOurs(coverage);
  expect(loaded.length).toBeLessThanOrEqual(MAX_FILES);
  expect(loaded.map((file) => statSync(file).size).reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MAX_BYTES);
});

/** The files of the build among the scripts that processes have loaded, by what V8 has written of them at their ends. */
function filesOfOurs(coverage: string): string[] {
  const ours = pathToFileURL(dirname(BIN)).href;
  const urls = readdirSync(coverage).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(coverage, file), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => url).filter((url) => url.startsWith(`${ours}/`));
  });
  return [...new Set(urls)].map((url) => fileURLToPath(url));
}
