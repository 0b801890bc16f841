import { setTimeout as sleep } from 'node:timers/promises';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import type { EventSourceMessage } from 'eventsource-parser';
import { Abort, asAbortSignal, type Signal } from '../core/abort.ts';
import { writeJson } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { PROTOCOL_VERSION_META_KEY } from '../core/protocol.ts';
import { METHOD_NOT_FOUND } from '../core/rpc.ts';
import type { HttpAnswer, HttpRequest } from '../platform/outbound/http-answer.ts';
import { wayOf } from '../platform/outbound/ways.ts';
import { ConnectionLost, excerpt, HttpRefusal } from './connection-errors.ts';
import { headerValue } from './header-parameters.ts';
import {
  eventsIn,
  type HttpOptions,
  HttpRequests,
  isEventStream,
  looksLikeEvents,
  mediaType,
  networkCause,
  readEvents,
  textOf,
} from './http-client.ts';
import { idOfRequest, isAnswer, isMessageEvent, received } from './received.ts';
import type { SendOptions } from './send-options.ts';
import { requestId } from './server-message.ts';
import { StandingStream } from './standing-stream.ts';

/** Pause in ms before a stream that ended without its answer is resumed, and most attempts. */
const RESUME_MS = 1_000;
const MAX_RESUMES = 2;

/** Members of params that 2026-07-28 repeats in the header `Mcp-Name`. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/** One POST, until its whole response has been read. */
interface Exchange {
  /** Id of the request. Absent: the message is a notification or an answer of ours. */
  readonly id: number | undefined;
  /** True if the message names revision 2026-07-28 or later. */
  readonly isModern: boolean;
  readonly options: SendOptions;
  readonly signal: Signal;
  /** Called when the whole response has been read. */
  readonly over: () => void;
}

/**
 * A server behind Streamable HTTP. We do not use the SDK's transport, because it parses each message against schemas;
 * here a message is used if its meaning is clear, even if its form deviates from the specification.
 */
export class StreamableTransport implements Transport {
  /** A request can be cancelled by ending its own exchange. */
  readonly hasPerRequestStream = true;
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  readonly #url: URL;
  readonly #redact: (text: string) => string;
  readonly #requests: HttpRequests;
  readonly #over = new AbortController();
  /** Running exchanges, which end with the transport. */
  readonly #exchanges = new Set<Abort>();
  readonly #standing: StandingStream;
  /** Ids of pings, which only ask whether the server and our session still exist. */
  readonly #pings = new Set<number>();
  #session: string | undefined;
  #version: string | undefined;
  #retryMs: number | undefined;

  constructor(url: URL, options: HttpOptions) {
    this.#url = url;
    this.#redact = options.redact;
    this.#requests = new HttpRequests(options);
    this.#standing = new StandingStream({
      open: (lastEventId) => this.#get(lastEventId, this.#over.signal),
      onMessages: (text) => this.#receive(text, undefined),
      onTrouble: (error) => this.onerror?.(error),
      signal: this.#over.signal,
    });
  }

  get sessionId(): string | undefined {
    return this.#session;
  }

  /** True if the server has refused the standing stream, by which it sends messages between requests. */
  get isOneWay(): boolean {
    return this.#standing.isRefused;
  }

  /** Resolves when the standing stream is open or refused. */
  get twoWay(): Promise<void> {
    return this.#standing.tried;
  }

  setProtocolVersion(version: string): void {
    this.#version = version;
  }

  async start(): Promise<void> {}

  /**
   * Resolves when the server has taken the message. Rejects with its refusal, or with the cause that it could not be
   * reached.
   */
  async send(message: JSONRPCMessage, options: SendOptions = {}): Promise<void> {
    const end = new Abort();
    const id = idOfRequest(message);
    const giveUp = () => end.abort(new Error('given up'));
    const over = () => {
      this.#exchanges.delete(end);
      if (id !== undefined) this.#pings.delete(id);
      options.requestSignal?.removeEventListener('abort', giveUp);
    };
    this.#exchanges.add(end);
    options.requestSignal?.addEventListener('abort', giveUp, { once: true });
    if (options.requestSignal?.aborted || this.#over.signal.aborted) giveUp();
    if (id !== undefined && 'method' in message && message.method === 'ping') this.#pings.add(id);
    const exchange = { id, isModern: envelopeVersion(message) !== undefined, options, signal: end, over };
    try {
      await this.#post(message, exchange);
    } catch (error) {
      over();
      if (!end.aborted) this.onerror?.(error as Error);
      throw error;
    } finally {
      if ('method' in message && message.method === 'notifications/initialized') this.#standing.begin();
    }
  }

  async #post(message: JSONRPCMessage, exchange: Exchange): Promise<void> {
    const isHandshake = 'method' in message && message.method === 'initialize';
    const request: HttpRequest = {
      method: 'POST',
      headers: {
        ...exchange.options.headers,
        ...(isHandshake ? {} : this.#ownHeaders()),
        ...bodyHeaders(message),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: writeJson(message),
      signal: exchange.signal,
    };
    let answer: HttpAnswer;
    try {
      answer = await this.#requests.send(this.#url, request);
    } catch (error) {
      if (this.#takeRefusal(error, exchange)) return exchange.over();
      throw error;
    }
    if (isHandshake) this.#session = answer.header('mcp-session-id') || undefined;
    if (exchange.id === undefined) await this.#takeNothing(answer);
    else if (isEventStream(answer)) {
      return void this.#readStream(answer, exchange.id, exchange).finally(exchange.over);
    } else await this.#readBody(answer, exchange.id);
    exchange.over();
  }

  #ownHeaders(): Record<string, string> {
    return {
      ...(this.#session && { 'mcp-session-id': this.#session }),
      ...(this.#version && { 'mcp-protocol-version': this.#version }),
    };
  }

  /**
   * Delivers the JSON-RPC error of a refusal as the answer; returns true then. An error that may mean a lost session
   * stays a refusal.
   */
  #takeRefusal(error: unknown, { id, isModern }: Exchange): boolean {
    if (!(error instanceof HttpRefusal) || !error.said || id === undefined) return false;
    if (error.status === 401 || error.status === 429) return false;
    const isOurs = requestId(error.said.id) === id;
    // A 403 may come from a proxy before the server, and a 404 may mean a lost session.
    const isCertain =
      error.status === 403 ? isOurs : isModern || error.status >= 500 || (error.status !== 404 && isOurs);
    if (!isCertain || !this.#isOfSession({ ...error.said, error: { ...error.said.error } }, id)) return false;
    this.#deliver({ id, error: { ...error.said.error } });
    return true;
  }

  /** Checks the response to a notification or answer. It has no content, but a server may refuse within a 2xx. */
  async #takeNothing(answer: HttpAnswer): Promise<void> {
    if (isEventStream(answer)) return answer.discard();
    const { said } = new HttpRefusal(answer, await textOf(answer), this.#redact);
    if (said) throw new Error(`refused: ${said.error.message}`);
  }

  async #readBody(answer: HttpAnswer, id: number): Promise<void> {
    const text = await answer.text().catch((error: unknown) => {
      throw new ConnectionLost(`the answer broke off: ${networkCause(error)}`, true, error);
    });
    const isEmpty = text.trim() === '';
    // The answer comes by the standing stream.
    if (isEmpty && answer.status === 202 && this.#standing.mayAnswer) return;
    const brought = isEmpty
      ? 'nothing'
      : looksLikeEvents(text)
        ? this.#receiveEvents(text, id)
        : this.#receive(text, id);
    if (brought === 'unreadable') throw unreadable(answer, text, this.#redact);
    if (brought === 'an answer') return;
    const said = excerpt(text, this.#redact);
    throw new ConnectionLost(`HTTP ${answer.status} came without an answer${said && `: ${said}`}`, true);
  }

  #receiveEvents(text: string, id: number): Brought {
    const brought: Brought[] = [];
    eventsIn(text, { onEvent: ({ data, event }) => brought.push(this.#receive(data, id, event)) });
    return brought.includes('an answer') ? 'an answer' : 'nothing';
  }

  async #readStream(first: HttpAnswer, id: number, { options, signal }: Exchange): Promise<void> {
    let lastEventId: string | undefined;
    let isAnswered = false as boolean;
    const onEvent = (event: EventSourceMessage) => {
      lastEventId = event.id || lastEventId;
      // The `endpoint` event of an older server, which opens its HTTP+SSE stream for any request.
      if (event.event === 'endpoint') return options.onRequestStreamEnd?.();
      if (event.data && this.#receive(event.data, id, event.event) === 'an answer') isAnswered = true;
    };
    for (let answer: HttpAnswer | undefined = first, resumed = 0; answer; resumed++) {
      await readEvents(answer, { onEvent, onRetry: this.#onRetry }).catch((error: unknown) => {
        if (!signal.aborted && !isAnswered) this.onerror?.(brokenOff(error));
      });
      if (isAnswered || signal.aborted) return;
      const tries = lastEventId === undefined ? 0 : MAX_RESUMES - resumed;
      answer = await this.#resumed(lastEventId, signal, tries);
    }
    if (!signal.aborted) options.onRequestStreamEnd?.();
  }

  readonly #onRetry = (ms: number) => {
    this.#retryMs = ms;
  };

  /** Resumes the stream after an event; undefined if that fails. */
  async #resumed(lastEventId: string | undefined, signal: Signal, tries: number): Promise<HttpAnswer | undefined> {
    for (let left = tries; left > 0 && !signal.aborted; left--) {
      await sleep(this.#retryMs ?? RESUME_MS, undefined, { signal: asAbortSignal(signal) }).catch(() => {});
      const answer = await this.#get(lastEventId, signal).catch(() => undefined);
      if (answer) return answer;
    }
    return undefined;
  }

  #get(lastEventId: string | undefined, signal: Signal): Promise<HttpAnswer> {
    const headers = {
      ...this.#ownHeaders(),
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    return this.#requests.send(this.#url, { method: 'GET', headers, signal });
  }

  /** Delivers the messages in a text. Returns 'an answer' if one of them answers the request `id`. */
  #receive(text: string, id: number | undefined, event?: string): Brought {
    const { messages, problem } = received(text, this.#redact);
    if (problem && isMessageEvent(event)) this.onerror?.(problem);
    let brought: Brought = problem ? 'unreadable' : 'nothing';
    for (const message of messages) {
      if (id !== undefined && !this.#isOfSession(message, id)) continue;
      // An answer without one of our ids, such as null, can only be for this request.
      const answers = isAnswer(message) ? (requestId(message.id) ?? id) : undefined;
      if (answers !== undefined && answers === id) brought = 'an answer';
      this.#deliver(answers === undefined ? message : { ...message, id: answers });
    }
    return brought;
  }

  /**
   * True if an answer belongs to our session. An error without an id may mean that the session is gone. It is reported
   * by `onerror`, whose listener pings; in the answer to a ping such an error counts as a lost session.
   */
  #isOfSession({ id: named, error }: JsonObject, id: number): boolean {
    if (!isJsonObject(error) || requestId(named) !== undefined || this.#session === undefined) return true;
    if (this.#pings.has(id)) return error.code === METHOD_NOT_FOUND;
    this.onerror?.(new Error(`an error for no request: ${excerpt(String(error.message), this.#redact)}`));
    return true;
  }

  #deliver(message: JsonObject): void {
    this.onmessage?.(message as unknown as JSONRPCMessage);
  }

  async terminateSession(): Promise<void> {
    if (!this.#session) return;
    const request = { method: 'DELETE', headers: this.#ownHeaders(), signal: this.#over.signal } as const;
    const answer = await this.#requests.send(this.#url, request);
    answer.discard();
    this.#session = undefined;
  }

  async close(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    for (const exchange of this.#exchanges) exchange.abort(new Error('the connection was closed'));
    this.onclose?.();
  }
}

/** Content of a text for a request. */
type Brought = 'an answer' | 'nothing' | 'unreadable';

function brokenOff(error: unknown): Error {
  return new Error(`a stream broke off: ${networkCause(error)}`, { cause: error });
}

function unreadable(answer: HttpAnswer, text: string, redact: (text: string) => string): Error {
  const type = mediaType(answer) || 'no content type';
  const said = excerpt(text, redact);
  const cure = 'check that its url is that of an MCP server, and whether it wants a login in a browser';
  return new ConnectionLost(
    said === 'a web page'
      ? `the server answered with a web page (${type}) instead of JSON-RPC; ${cure}${wayOf(answer)}`
      : `the server answered with ${type} that is not JSON-RPC: ${said}`,
    true,
  );
}

function envelopeVersion(message: JSONRPCMessage): string | undefined {
  const meta = 'params' in message && isJsonObject(message.params) ? message.params._meta : undefined;
  const version = isJsonObject(meta) ? meta[PROTOCOL_VERSION_META_KEY] : undefined;
  return typeof version === 'string' ? version : undefined;
}

/** Headers that repeat parts of a request's body, as 2026-07-28 demands. */
function bodyHeaders(message: JSONRPCMessage): Record<string, string> {
  const version = envelopeVersion(message);
  if (version === undefined || !('method' in message) || !('id' in message)) return {};
  const { method, params } = message;
  const member = Object.hasOwn(NAMED_BY, method) ? NAMED_BY[method] : undefined;
  const name = member === undefined ? undefined : (params as JsonObject)[member];
  return {
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': headerValue(name) }),
  };
}
