import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { INTERNAL_ERROR } from '../../src/core/rpc.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import { createLogger } from '../../src/platform/log.ts';
import { MODERN_REVISION } from '../helpers/clients/clients.ts';
import { type Message, RawPeer } from '../helpers/clients/raw-peer.ts';
import { textOf } from '../helpers/clients/results.ts';
import { local, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';
import { deepJson, mutationsOf, oddNumber, oddText } from './arbitraries.ts';

const ENVELOPES = {
  '2025-11-25': {},
  '2026-07-28': {
    'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
    'io.modelcontextprotocol/clientInfo': { name: 'test-client', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
  },
};
type Era = keyof typeof ENVELOPES;
const ERAS = Object.keys(ENVELOPES) as Era[];

const clientInfo = { name: 'test-client', version: '1.0.0' };

/** A gateway in this process with one real server `u`, seen from its client. */
class Harness {
  readonly peer: RawPeer;
  /** Rejections that nobody handled, and errors that the gateway logged. */
  readonly defects: unknown[] = [];
  readonly #envelope: JsonObject;
  #lastId = 0;

  constructor(peer: RawPeer, era: Era) {
    this.peer = peer;
    this.#envelope = ENVELOPES[era];
  }

  /** The answer to a `tools/call`. */
  call(name: string, input: unknown): Promise<Message> {
    return this.send({ method: 'tools/call', params: { name, arguments: input, _meta: this.#envelope } });
  }

  /** The answer to a message, whatever it is, under an id of ours. */
  send(message: JsonObject): Promise<Message> {
    const id = `request ${++this.#lastId}`;
    this.peer.send({ ...message, id });
    return this.peer.waitFor((answer) => answer.id === id && answer.method === undefined);
  }

  /** A known good call works, nothing was answered twice, and there was no defect. */
  async expectSound(): Promise<void> {
    const { result = {} } = await this.call('invoke', { id: 'u::echo', args: { text: 'still here' } });
    expect(textOf(result)).toBe('{"text":"still here"}');
    const ids = this.peer.messages.flatMap(({ method, id }) => (method === undefined && id !== null ? [id] : []));
    expect(ids.length).toBe(new Set(ids).size);
    expect(this.defects).toEqual([]);
  }
}

async function start(era: Era): Promise<Harness> {
  const file = join(temporaryDirectory(), 'config.json');
  writeFileSync(file, JSON.stringify({ $gateway: { logLevel: 'error' }, u: local({ tools: ['echo', 'add'] }) }));
  const [input, output] = [new PassThrough(), new PassThrough()];
  const harness = new Harness(new RawPeer(input, output), era);
  const unhandled = (reason: unknown) => harness.defects.push(reason);
  process.on('unhandledRejection', unhandled);
  const log = createLogger((line) => harness.defects.push(line));
  const gateway = new Gateway(await loadConfig(file), { log });
  onTestFinished(async () => {
    await gateway.stop();
    process.off('unhandledRejection', unhandled);
  });
  void gateway.serveStdio(input, output);
  gateway.start();
  if (era === '2025-11-25') {
    await harness.send({ method: 'initialize', params: { protocolVersion: era, capabilities: {}, clientInfo } });
    harness.peer.notify('notifications/initialized');
  }
  await waitUntil(async () => !(await harness.call('describe', { id: 'u::echo' })).result?.isError);
  return harness;
}

/** A result, or a refusal that says by its code what kind it is. */
function expectSoundAnswer({ result, error }: Message): void {
  if (error) expect(error).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
  expect(error?.code).not.toBe(INTERNAL_ERROR);
  if (!result?.isError) return;
  expect(result).toMatchObject({ _meta: { 'mcp-gateway/error': { code: expect.any(String) } } });
  expect(result).not.toMatchObject({ _meta: { 'mcp-gateway/error': { code: 'INTERNAL' } } });
  expect(textOf(result)).not.toBe('');
}

/** Inputs as a model means them. */
const VALID: Readonly<Record<string, readonly JsonObject[]>> = {
  search: [
    { query: 'echo', limit: 5, filters: { server: 'u', tags: ['t'], readOnly: true } },
    { query: ['add', 'echo'] },
  ],
  describe: [{ id: 'u::echo' }, { id: ['u::echo', 'u::nope'] }],
  invoke: [
    { id: 'u::echo', args: { text: 'x' }, timeoutMs: 2_000 },
    { id: 'u::add', args: { a: 1, b: '2' }, waitMs: 10 },
  ],
  invoke_async: [{ id: 'u::echo', args: { text: 'x' }, priority: 1, timeoutMs: 2_000 }],
  job_status: [{ jobId: 'j', waitMs: 10, cancel: false, offset: 0 }],
};

const input = (valid: readonly unknown[]) =>
  fc.oneof({ weight: 3, arbitrary: mutationsOf(valid) }, { weight: 1, arbitrary: deepJson });

const cases = Object.keys(VALID).flatMap((name) => ERAS.map((era) => [name, era] as const));

test.each(cases)(
  '%s answers any input with a result or a refusal (client of %s) [properties.inputs]',
  async (name, era) => {
    const harness = await start(era);
    const { result = {} } = await harness.call('invoke_async', { id: 'u::echo' });
    const { jobId } = JSON.parse(textOf(result)) as JsonObject;
    const valid = (VALID[name] ?? []).map((each) => ('jobId' in each ? { ...each, jobId } : each));
    await fc.assert(
      fc.asyncProperty(input(valid), async (given) => expectSoundAnswer(await harness.call(name, given))),
      { numRuns: 100, timeout: 5_000 },
    );
    await harness.expectSound();
  },
);

const params = { name: 'invoke', arguments: { id: 'u::echo', args: {} }, _meta: { progressToken: 1 } };
const methods = fc.oneof(fc.constantFrom('tools/call', 'tools/list', 'prompts/get', 'resources/read', 'ping'), oddText);

test.each(ERAS)(
  'any request is answered once, whatever is around it (client of %s) [properties.envelopes]',
  async (era) => {
    const harness = await start(era);
    const requests = fc.record({ method: methods, params: fc.oneof(mutationsOf([params]), deepJson) });
    await fc.assert(
      fc.asyncProperty(requests, async (request) => expectSoundAnswer(await harness.send(request))),
      { numRuns: 200, timeout: 5_000 },
    );
    await harness.expectSound();
  },
);

test.each(ERAS)('a message of any shape harms nothing (client of %s) [properties.envelopes]', async (era) => {
  const harness = await start(era);
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
  const id = fc.oneof(oddText, oddNumber, deepJson);
  const lines = fc.oneof(
    id.map((odd) => JSON.stringify({ ...message, id: odd })),
    mutationsOf([message, [message, message]]).map((value) => JSON.stringify(value)),
    deepJson.map((value) => JSON.stringify(value)),
    fc.string({ unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(lines, async (line) => {
      harness.peer.send(line);
      expectSoundAnswer(await harness.send({ method: 'tools/list', params: {} }));
    }),
    { numRuns: 300, timeout: 5_000 },
  );
  expect(harness.defects).toEqual([]);
});
