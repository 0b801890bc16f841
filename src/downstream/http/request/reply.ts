import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../../../core/json.ts';
import { messageText } from '../../protocol/json-rpc.ts';
import { EVENT_STREAM_HEADERS, EventStream } from './event-stream.ts';
import type { Account } from './unread-answers.ts';

/** Fields of a request's header. */
export type HeaderFields = Pick<Headers, 'get'>;

/** Security headers of every answer. `Strict-Transport-Security` is left to the proxy in front, which speaks TLS. */
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

/** An answer before it is sent: it becomes a `Response`, or is written to a socket, which costs a fifth. */
export type Reply = TextReply | StreamReply;

/** An answer with one JSON-RPC message. */
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

/** Makes a `Response`. A 204 has no `content-length` (RFC 9110, 8.6). */
export function textResponse({ status, headers, body }: TextReply): Response {
  const own: Record<string, string> = { ...headers };
  if (status !== 204) own['content-length'] = String(Buffer.byteLength(body ?? ''));
  return new Response(body ?? null, { status, headers: own });
}

/** Writes a reply with its own headers and `more`. Without `account`, as for an unknown caller, unread bytes are not counted. */
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

/** Counts the unread bytes of a response until it is closed. The response of a client that has gone is closed already. */
export function watch(response: ServerResponse, account: Account): void {
  if (response.destroyed) return;
  const close = account.open({ bytes: () => response.writableLength, cut: () => response.req.socket.destroy() });
  response.on('close', close);
}

/** The bytes of a stream, kept until its reader asks for them. */
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
 * Answers by `answer`, and calls `over` when the answer is complete: at once, but for a stream of events when it has ended
 * or its reader has gone. `over` may be called more than once.
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

/** The same stream, with a call of `over` at its end. Reads nothing ahead, so that the writer can count the unread bytes. */
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
