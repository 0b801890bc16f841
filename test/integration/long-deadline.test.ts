import { expect, test } from 'vitest';
import { textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { local, remote } from '../helpers/servers/fixture.ts';

// The SDK gives up after 60 s by default: only a call that takes longer shows that the gateway does not.
test('a call of more than 60 s is honoured on every transport [invoke.long-deadline]', {
  timeout: 90_000,
}, async () => {
  const far = { http: await remote('http'), sse: await remote('sse'), ws: await remote('ws') };
  const entries = Object.entries(far).map(([key, fixture]) => [key, fixture.entry()]);
  const gateway = await startGateway({ config: { near: local(), ...Object.fromEntries(entries) } });
  const options = { timeoutMs: 85_000, rest: { timeoutMs: 80_000 } };
  const calls = ['near', 'http', 'sse', 'ws'].map((key) => gateway.invoke(`${key}::sleep`, { ms: 61_000 }, options));
  expect((await Promise.all(calls)).map(textOf)).toEqual(Array(4).fill('slept 61000'));
});
