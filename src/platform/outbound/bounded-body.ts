import { Beginning, type BodyFilter, filterFor, MAX_ERROR_BYTES, Whole } from './body-filter.ts';

/** The response with a body that is bounded as `filterFor` says. */
export function bounded(response: Response, maxBytes?: number): Response {
  const { body, headers, ok } = response;
  const filter = body ? filterFor({ ok, header: (name) => headers.get(name) }, maxBytes) : undefined;
  return body && filter ? withBody(response, pipeThrough(body, filter)) : response;
}

/** The whole body as text. Rejects if it is longer than `maxBytes`. Of a refusal only the beginning is read. */
export function boundedText(response: Response, maxBytes: number): Promise<string> {
  const { body, ok } = response;
  if (!body) return Promise.resolve('');
  const filter = ok ? new Whole(maxBytes) : new Beginning(Math.min(maxBytes, MAX_ERROR_BYTES));
  return new Response(pipeThrough(body, filter)).text();
}

/** The body through a filter. It is read on demand, and cancelled as soon as the filter has enough. */
function pipeThrough(body: ReadableStream<Uint8Array>, filter: BodyFilter): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const stop = (reason?: unknown) => void reader?.cancel(reason).catch(() => {});
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= body.getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) {
            const rest = filter.rest();
            if (rest) controller.enqueue(rest);
            return controller.close();
          }
          const passed = taken(filter, value, stop);
          if (!passed) {
            stop();
            return controller.close();
          }
          // Without output, read on: a pull has to enqueue something.
          if (passed.byteLength > 0) return controller.enqueue(passed);
        }
      },
      cancel: (reason) => (reader ? reader.cancel(reason) : body.cancel(reason)),
    },
    { highWaterMark: 0 },
  );
}

function taken(filter: BodyFilter, chunk: Uint8Array, stop: (reason: unknown) => void): Uint8Array | undefined {
  try {
    return filter.take(chunk);
  } catch (error) {
    stop(error);
    throw error;
  }
}

/** The same response with another body. */
function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers, url, redirected } = response;
  if (status < 200 || status > 599) throw new Error(`the server answered with HTTP ${status}, which is no status`);
  const copy = new Response(body, { status, statusText, headers });
  Object.defineProperties(copy, { url: { value: url }, redirected: { value: redirected } });
  return copy;
}
