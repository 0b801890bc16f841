import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { patientFetch } from '../../src/core/patient-fetch.ts';

const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

test('a response that is silent for longer than fetch waits arrives all the same [faults.silent-response]', async () => {
  const silent = new Map<string, ServerResponse>();
  const server = createServer(({ url = '' }, response) => {
    response.write('a');
    silent.set(url, response);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const at = (path: string) => `http://127.0.0.1:${port}${path}`;

  // What would be 5 minutes is made a second, its finest grain, in this process's own fetch.
  await fetch('data:,');
  const usual: object = Reflect.get(globalThis, DISPATCHER);
  onTestFinished(() => void Reflect.set(globalThis, DISPATCHER, usual));
  Reflect.set(globalThis, DISPATCHER, Reflect.construct(usual.constructor, [{ bodyTimeout: 1_000 }]));

  const patient = await patientFetch(at('/patient'));
  const impatient = await fetch(at('/impatient'));
  await expect(impatient.text()).rejects.toThrow('terminated');
  silent.get('/patient')?.end('b');
  expect(await patient.text()).toBe('ab');
});
