import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../../../core/json.ts';
import { messageText } from '../../protocol/json-rpc.ts';
import { EVENT_STREAM_HEADERS, EventStream } from './event-stream.ts';
import type { Account } from './unread-answers.ts';

/** Fields of a request's header. */
export type HeaderFields = Pick<Headers, 'get'>;

/** Headers of every answer, that keep browsers from mischief with it. Whether TLS is a must is for the proxy in front to say. */
export const SECURITY_HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
} as const;

/** An answer whose body is text, or none. */
export interface TextReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface StreamReply extends Omit<TextReply, 'body'> {
  readonly body: EventStream;
}

/** An answer that is not on its way yet: it becomes a `Response`, or is written to a socket, which costs a fifth. */
export type Reply = TextReply | StreamReply;

/** A JSON-RPC message as the answer. */
export function jsonReply(
  status: number,
  message: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): TextReply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: messageText(message) };
}

export function streamReply(stream: EventStream, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, headers: { ...EVENT_STREAM_HEADERS, ...headers }, body: stream };
}

export function responseOf(reply: Reply, account: Account): Response {
  const { status, headers, body } = reply;
  if (body instanceof EventStream) return new Response(bytesOf(body, account), { status, headers });
  return textResponse({ status, headers, ...(body !== undefined && { body }) });
}

/** No length of a 204: it has no body to measure (RFC 9110, 8.6). */
export function textResponse({ status, headers, body }: TextReply): Response {
  const own: Record<string, string> = { ...headers };
  if (status !== 204) own['content-length'] = String(Buffer.byteLength(body ?? ''));
  return new Response(body ?? null, { status, headers: own });
}

/** Writes a reply, with more headers beside its own; a refusal to somebody unknown counts against no account. */
export function writeReply(
  reply: Reply,
  more: Readonly<Record<string, string>>,
  response: ServerResponse,
  account?: Account,
): void {
  const { status, headers, body = '' } = reply;
  if (account) watch(response, account);
  if (!(body instanceof EventStream)) {
    response.writeHead(status, { ...more, ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
    account?.written(response.writableLength);
    return;
  }
  // A response whose client went away before it was answered is closed already: it emits `close` no more.
  if (response.destroyed) {
    body.gone();
    return;
  }
  response.writeHead(status, { ...more, ...headers }).flushHeaders();
  response.on('close', () => body.gone());
  body.pipe({
    write: (text) => {
      response.write(text);
      account?.written(response.writableLength);
    },
    unread: () => response.writableLength,
    end: () => response.end(),
  });
}

/** Counts what is unread of a response until it is closed. One whose client has gone before it was answered is closed already. */
export function watch(response: ServerResponse, account: Account): void {
  if (response.destroyed) return;
  const close = account.open({ bytes: () => response.writableLength, cut: () => response.req.socket.destroy() });
  response.on('close', close);
}

/** The bytes of a stream, kept until they are asked for. */
function bytesOf(stream: EventStream, account: Account): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const waiting: Uint8Array[] = [];
  let bytes = 0;
  let isOver = false;
  let wake = () => {};
  const end = () => {
    isOver = true;
    wake();
  };
  const close = account.open({
    bytes: () => bytes,
    cut: () => {
      waiting.length = 0;
      bytes = 0;
      stream.gone();
      end();
    },
  });
  const cancel = () => {
    close();
    stream.gone();
  };
  stream.pipe({
    write: (text) => {
      const chunk = encoder.encode(text);
      waiting.push(chunk);
      bytes += chunk.length;
      wake();
      account.written(bytes);
    },
    unread: () => bytes,
    end,
  });
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (waiting.length === 0 && !isOver) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const chunk = waiting.shift();
    if (chunk) {
      bytes -= chunk.length;
      controller.enqueue(chunk);
    } else {
      close();
      controller.close();
    }
  };
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
}

/**
 * What answers a request, and a call when it is over: at once, unless the answer is a stream of events; then when that has
 * ended, or its reader has gone. `over` may be called more than once.
 */
export async function whenOver(answer: () => Response | Promise<Response>, over: () => void): Promise<Response> {
  try {
    const response = await answer();
    const { body, status, statusText, headers } = response;
    if (body && headers.get('content-type')?.startsWith('text/event-stream'))
      return new Response(watched(body, over), { status, statusText, headers });
    over();
    return response;
  } catch (error) {
    over();
    throw error;
  }
}

/** Nothing is taken of it before somebody reads: whoever writes sees what is unread. */
function watched(body: ReadableStream<Uint8Array>, over: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    try {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      over();
      controller.close();
    } catch (error) {
      over();
      throw error;
    }
  };
  const cancel = (reason: unknown) => {
    over();
    return reader.cancel(reason);
  };
  return new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 });
}
