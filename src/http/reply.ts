import type { ServerResponse } from 'node:http';
import { writeJson } from '../core/exact-json.ts';
import type { JsonObject } from '../core/json.ts';
import { EVENT_STREAM_HEADERS, EventStream } from './mcp/event-stream.ts';

/** Fields of a request's header. */
export type HeaderFields = Pick<Headers, 'get'>;

/** An answer that is not on its way yet: it becomes a `Response`, or is written to a socket, which costs a fifth. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | EventStream;
}

export function jsonReply(status: number, value: JsonObject, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: writeJson(value) };
}

export function streamReply(stream: EventStream, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, headers: { ...EVENT_STREAM_HEADERS, ...headers }, body: stream };
}

export function responseOf({ status, headers, body }: Reply): Response {
  return new Response(body instanceof EventStream ? bytesOf(body) : (body ?? null), { status, headers });
}

/** Writes it, with headers beside its own. */
export function writeReply(reply: Reply, more: Readonly<Record<string, string>>, response: ServerResponse): void {
  const { status, headers, body = '' } = reply;
  if (!(body instanceof EventStream)) {
    response.writeHead(status, { ...more, ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
    return;
  }
  response.writeHead(status, { ...more, ...headers }).flushHeaders();
  response.on('close', () => body.gone());
  body.pipe({
    write: (text) => {
      response.write(text);
      return response.writableLength;
    },
    end: () => response.end(),
  });
}

function bytesOf(stream: EventStream): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) =>
        stream.pipe({
          write: (text) => {
            controller.enqueue(encoder.encode(text));
            return -(controller.desiredSize ?? 0);
          },
          end: () => controller.close(),
        }),
      cancel: () => stream.gone(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
  );
}
