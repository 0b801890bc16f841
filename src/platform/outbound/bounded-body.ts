import { Beginning, type BodyFilter, Whole } from './body-filters.ts';
import { EventLines } from './event-lines.ts';

/** Longest answer of a server, in decoded bytes: as long as a message over stdio and WebSocket may be. */
export const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** What is kept of a body that only explains a refusal; no more of it is read. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * A response whose body can fill no memory, however small it was on its way: what is counted has been decompressed. An
 * answer may have `maxBytes`, each event of a stream as many; of what is no answer the beginning is enough.
 */
export function bounded(response: Response, maxBytes = MAX_ANSWER_BYTES): Response {
  const { body, headers, ok } = response;
  if (!body) return response;
  const type = headers.get('content-type') ?? '';
  if (ok && /^text\/event-stream\b/i.test(type)) return withBody(response, filtered(body, new EventLines(maxBytes)));
  const isAnswer = ok && /^application\/(?:[\w.-]+\+)?json\b/i.test(type);
  const most = isAnswer ? maxBytes : MAX_ERROR_BYTES;
  if (isNoLonger(headers, most)) return response;
  return withBody(response, filtered(body, isAnswer ? new Whole(most) : new Beginning(most)));
}

/** All of a body as text. Rejects where it is longer than `maxBytes`; of a refusal the beginning is read. */
export function boundedText(response: Response, maxBytes: number): Promise<string> {
  const { body, ok } = response;
  if (!body) return Promise.resolve('');
  const filter = ok ? new Whole(maxBytes) : new Beginning(Math.min(maxBytes, MAX_ERROR_BYTES));
  return new Response(filtered(body, filter)).text();
}

/** Its sender has said how long it is, and it is not compressed: the parser of HTTP reads no further. */
function isNoLonger(headers: Headers, maxBytes: number): boolean {
  const length = headers.get('content-length');
  return length !== null && !headers.has('content-encoding') && Number(length) <= maxBytes;
}

/** The body through a filter: read as it is asked for, and given up at once where the filter has enough of it. */
function filtered(body: ReadableStream<Uint8Array>, filter: BodyFilter): ReadableStream<Uint8Array> {
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
          // Else it waits for more: a stream that is pulled has to give something.
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
