import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { temporaryFolder } from '../helpers/system/folders.ts';

function cache(): { env: { XDG_CACHE_HOME: string }; file: string } {
  const home = temporaryFolder('eras-');
  return { env: { XDG_CACHE_HOME: home }, file: join(home, 'mcp-gateway', 'eras.json') };
}

/** Starts a gateway over one server, calls a tool of it, and stops. */
async function useOnce(server: { sdk: 'v1' | 'v2'; journal?: string }, entry: JsonObject, env: object): Promise<void> {
  const gateway = await startGateway({ config: { u: local(server, entry) }, env: { ...env } });
  expect(textOf(await gateway.invoke('u::add', { a: 1, b: 1 }))).toBe('2');
  await gateway.stop();
}

test('what "auto" found out about a stdio server is remembered with its date, for its owner alone [eras.verdict]', async () => {
  const { env, file } = cache();
  await useOnce({ sdk: 'v2' }, { protocol: 'auto' }, env);
  const { verdicts } = JSON.parse(readFileSync(file, 'utf8'));
  expect(verdicts).toEqual([[expect.stringMatching(/^[0-9a-f]{64}$/), { era: 'modern', at: expect.any(Number) }]]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('an older server is remembered as such, and works again in the next run [eras.verdict]', async () => {
  const { env, file } = cache();
  await useOnce({ sdk: 'v1' }, { protocol: 'auto' }, env);
  expect(JSON.parse(readFileSync(file, 'utf8')).verdicts[0][1].era).toBe('legacy');
  await useOnce({ sdk: 'v1' }, { protocol: 'auto' }, env);
});

test('a wrong verdict is forgotten at the first failure, and a corrupt file ignored [eras.verdict]', async () => {
  const { env, file } = cache();
  await useOnce({ sdk: 'v1' }, { protocol: 'auto' }, env);
  writeFileSync(file, readFileSync(file, 'utf8').replace('legacy', 'modern'));
  await useOnce({ sdk: 'v1' }, {}, env);
  writeFileSync(file, 'not json');
  await useOnce({ sdk: 'v1' }, {}, env);
});

test('a remembered verdict decides where the entry says nothing [eras.verdict]', async () => {
  const server = { sdk: 'v2' as const, journal: journal().file };
  const handshakes = () => readFileSync(server.journal, 'utf8').split('"initialize"').length - 1;
  await useOnce(server, {}, cache().env);
  const before = handshakes();
  expect(before).toBeGreaterThan(0);
  const { env } = cache();
  await useOnce(server, { protocol: 'auto' }, env);
  await useOnce(server, {}, env);
  expect(handshakes()).toBe(before);
});
