import { expect, test } from 'vitest';
import { GatewayError } from '../../../../../src/core/errors.ts';
import { callStream, type StreamedCall } from '../../../../../src/downstream/http/api/tool-routes.ts';
import { problemOf } from '../../../../../src/downstream/http/request/problem.ts';

const streamed = (call: StreamedCall['call'], signal = new AbortController().signal, pingMs = 60_000) =>
  callStream({ call, problemOf, signal, pingMs });

/** A call that ends only when its client has gone. */
const hang: StreamedCall['call'] = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** A stream's text until it has what is waited for. */
async function readUntil(response: Response, wanted: RegExp): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (wanted.test(text)) return text;
  }
  throw new Error(`ended without ${wanted}: ${text}`);
}

test('while a tool is silent, comments are sent [http.api-stream]', async () => {
  const response = streamed(hang, new AbortController().signal, 5);
  await readUntil(response, /(: ping\n\n){3}/);
});

test('a client that does not read loses late progress, not the order and not the result [http.api-stream]', async () => {
  const sent = 50_000;
  const response = streamed(async ({ onProgress }) => {
    for (let progress = 1; progress <= sent; progress++) onProgress?.({ progress, message: 'x'.repeat(100) });
    return { content: [] };
  });
  const text = await response.text();
  const steps = [...text.matchAll(/"progress":(\d+)/g)].map(([, step]) => Number(step));
  expect(steps.length).toBeGreaterThan(1_000);
  expect(steps.length).toBeLessThan(sent);
  expect(steps).toEqual(steps.map((_, at) => at + 1));
  expect(text.length).toBeLessThan(1_100_000);
  expect(text.endsWith('event: result\ndata: {"content":[]}\n\n')).toBe(true);
});

test('a reader that stops cancels the call with the reason [http.api-disconnect]', async () => {
  let reason: unknown;
  const response = streamed(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(reason);
        });
      }),
  );
  await response.body?.cancel();
  expect(reason).toBeInstanceOf(GatewayError);
  expect(reason).toMatchObject({ code: 'CANCELLED' });
});

test('a request that was given up before it began is cancelled from the start [http.api-disconnect]', async () => {
  const abort = new AbortController();
  abort.abort();
  const response = streamed(async ({ signal }) => {
    signal.throwIfAborted();
    return {};
  }, abort.signal);
  // The stream ends all the same.
  expect(await response.text()).toContain('"code":"CANCELLED"');
});
