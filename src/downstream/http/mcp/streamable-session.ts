import type { JsonObject } from '../../../core/json.ts';
import type { EdgeSession } from '../../edge-session.ts';
import { HandshakeServer } from '../../protocol/handshake-server.ts';
import { Batches, readMessage } from '../../protocol/json-rpc.ts';
import { MessageStream, placeOf } from '../request/event-stream.ts';
import { jsonReply, type Reply, streamReply } from '../request/reply.ts';
import { isRequest, rpcFailure } from './read-messages.ts';

/** Maximum ended streams that a client can come back to, and maximum characters kept of them; the oldest go first. */
const MAX_ENDED_STREAMS = 64;
const MAX_ENDED_CHARS = 4 * 1024 * 1024;
/** Maximum streams opened by GET at one time. */
const MAX_LISTENING = 8;
/** First revision whose clients understand an event without data. */
const PRIMES_FROM = '2025-11-25';
/** Error code of SDKs for a closed connection. */
const SESSION_ENDED = -32_000;

/** One session of Streamable HTTP, 2025-03-26 to 2025-11-25: messages come in by POST, and go out as answers and streams. */
export class StreamableSession {
  readonly id: string;
  readonly batches = new Batches();
  readonly #session: EdgeSession;
  readonly #server: HandshakeServer;
  /** The POST that waits for the answer to a request, by that request's id. */
  readonly #exchanges = new Map<unknown, Exchange>();
  /** No `BoundedMap`: streams that are connected do not count, and those that are not complete stay. */
  readonly #streams = new Map<string, MessageStream>();
  /** Streams opened by GET, for messages that belong to no request. The latest connected one is used. */
  readonly #listening: MessageStream[] = [];
  readonly #onUse: () => void;
  #version = '';
  #streamCount = 0;

  /** `onUse` is called when a stream of the session has ended. */
  constructor(id: string, session: EdgeSession, onUse: () => void) {
    this.id = id;
    this.#session = session;
    this.#onUse = onUse;
    this.#server = new HandshakeServer(session.services, (...message) => this.#send(...message), true);
    session.services.session.sendThrough(this.#server);
  }

  /** True while a request, a job or an open stream of the session waits for something. */
  get isBusy(): boolean {
    if (this.#exchanges.size > 0 || this.#session.isBusy()) return true;
    return [...this.#streams.values()].some((stream) => stream.isConnected);
  }

  /** Takes the messages of one POST, which `readMessages` has checked. Resolves with the answer to the POST. */
  post(messages: readonly JsonObject[], isBatch: boolean): Promise<Reply> {
    const requests = messages.filter(isRequest);
    if (requests.length === 0) {
      for (const message of messages) this.#receive(message);
      return Promise.resolve({ status: 202, headers: this.#headers });
    }
    const ids = new Set(requests.map(({ id }) => id));
    const exchange = new Exchange({
      ids,
      isBatch,
      headers: this.#headers,
      open: () => this.#openStream(),
      connect: (stream) => this.#connect(stream),
      onEnd: () => {
        for (const id of ids) if (this.#exchanges.get(id) === exchange) this.#exchanges.delete(id);
      },
    });
    for (const id of ids) {
      // A client that repeats a request waits for the new POST: the first one must not hang.
      this.#exchanges.get(id)?.takeBack(id);
      this.#exchanges.set(id, exchange);
    }
    for (const message of messages) this.#receive(message);
    return exchange.reply;
  }

  /** Opens a stream for messages that belong to no request, or resumes a broken one. Undefined if that is not kept any more. */
  get(lastEventId: string | undefined): Reply | undefined {
    if (lastEventId === undefined) {
      const stream = this.#openStream();
      // Messages that no stream was open for go to the new one: a question would wait for ever.
      const missed = this.#listening.filter((each) => !each.isConnected).flatMap((each) => each.takeUnwritten());
      if (this.#listening.push(stream) > MAX_LISTENING) this.#listening.shift()?.disconnect();
      const reply = this.#connect(stream);
      for (const message of missed) stream.send(message);
      return reply;
    }
    const place = placeOf(lastEventId);
    const stream = place && this.#streams.get(place.stream);
    return stream?.reachesBackTo(place?.sequence ?? 0) ? this.#connect(stream, place?.sequence) : undefined;
  }

  hangUp(): void {
    for (const stream of this.#streams.values()) stream.disconnect();
  }

  /** Ends the session: requests that wait are answered with an error, streams end. */
  async end(): Promise<void> {
    this.#server.close();
    this.#session.services.session.end();
    // SDK clients would wait for their own time limit if they got no answer.
    for (const [id, exchange] of [...this.#exchanges])
      exchange.answer(id, rpcFailure(SESSION_ENDED, 'The session has ended', id));
    this.hangUp();
    await this.#session.end();
  }

  get #headers(): Readonly<Record<string, string>> {
    return { 'mcp-session-id': this.id };
  }

  #receive(message: JsonObject): void {
    this.batches.observe(message);
    const read = readMessage(message);
    this.#session.services.session.learn(read);
    this.#server.receive(read);
    // A cancelled request gets no answer: its POST must not wait for ever.
    if (message.method !== 'notifications/cancelled') return;
    const { requestId } = (message.params ?? {}) as JsonObject;
    this.#exchanges.get(requestId)?.takeBack(requestId);
  }

  async #send(message: JsonObject, relatedTo?: unknown): Promise<void> {
    const isAnswerOfOurs = message.method === undefined;
    const exchange = this.#exchanges.get(isAnswerOfOurs ? message.id : relatedTo);
    if (isAnswerOfOurs) {
      const { result } = message as { result?: { protocolVersion?: unknown } };
      if (typeof result?.protocolVersion === 'string') this.#version = result.protocolVersion;
      exchange?.answer(message.id, message);
    } else if (exchange) exchange.send(message);
    else this.#announce(message);
  }

  /** Sends a message that belongs to no open request over a stream of GET. Throws for a question without such a stream. */
  #announce(message: JsonObject): void {
    const stream = this.#listening.findLast((each) => each.isConnected) ?? this.#listening.at(-1);
    if (!stream && message.id !== undefined) throw new Error('the client listens to no stream: it cannot be asked now');
    stream?.send(message);
  }

  #openStream(): MessageStream {
    const stream = new MessageStream(`s${++this.#streamCount}`);
    this.#streams.set(stream.id, stream);
    this.#forgetOldest();
    return stream;
  }

  #forgetOldest(): void {
    const over = [...this.#streams.values()].filter((stream) => !stream.isConnected).reverse();
    let chars = 0;
    over.forEach((stream, index) => {
      chars += stream.keptChars;
      // The latest stream stays, whatever its length.
      if (index > 0 && (index >= MAX_ENDED_STREAMS || chars > MAX_ENDED_CHARS)) this.#forget(stream);
    });
  }

  #forget(stream: MessageStream): void {
    // A client may come back to the stream of a request that is still being answered.
    if (!stream.isComplete && !this.#listening.includes(stream)) return;
    this.#streams.delete(stream.id);
    const at = this.#listening.indexOf(stream);
    if (at >= 0) this.#listening.splice(at, 1);
  }

  #connect(stream: MessageStream, after?: number): Reply {
    const connection = stream.connect({
      ...(after !== undefined && { after }),
      primes: this.#version >= PRIMES_FROM,
      onClose: this.#onUse,
    });
    return streamReply(connection, this.#headers);
  }
}

/** Silence, in ms, after which a request is answered by a stream: then a client that loses its connection can come back. */
const STREAM_AFTER_MS = 500;

interface ExchangeParts {
  /** Ids of the requests that came in one POST. */
  readonly ids: ReadonlySet<unknown>;
  readonly isBatch: boolean;
  /** Opens the stream of the answer, when one is needed. */
  readonly open: () => MessageStream;
  readonly connect: (stream: MessageStream) => Reply;
  readonly headers: Readonly<Record<string, string>>;
  /** Called when all requests are answered or cancelled. */
  readonly onEnd: () => void;
}

/**
 * The answer to one POST: plain JSON if the answer is its first and only message, as it mostly is (JSON costs half);
 * else a stream.
 */
class Exchange {
  /** Resolves as soon as it is known if the answer is JSON or a stream. */
  readonly reply: Promise<Reply>;

  readonly #parts: ExchangeParts;
  readonly #unanswered: Set<unknown>;
  #stream: MessageStream | undefined;
  #resolve: (reply: Reply) => void = () => {};
  readonly #patience: NodeJS.Timeout;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    this.#unanswered = new Set(parts.ids);
    this.reply = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#patience = setTimeout(() => this.#streaming(), STREAM_AFTER_MS);
  }

  /** Sends a question or a notification before the answer. */
  send(message: JsonObject): void {
    this.#streaming().send(message);
  }

  answer(id: unknown, message: JsonObject): void {
    this.#unanswered.delete(id);
    const isAll = this.#unanswered.size === 0;
    if (isAll && !this.#stream && !this.#parts.isBatch) this.#settle(jsonReply(200, message, this.#parts.headers));
    else this.#streaming().send(message);
    if (isAll) this.end();
  }

  /** The client has cancelled that request, or has sent it again. */
  takeBack(id: unknown): void {
    if (this.#unanswered.delete(id) && this.#unanswered.size === 0) this.end();
  }

  /** Ends the answer. Requests that are left get none. */
  end(): void {
    clearTimeout(this.#patience);
    this.#stream?.complete();
    this.#resolve({ status: 202, headers: this.#parts.headers });
    this.#parts.onEnd();
  }

  #streaming(): MessageStream {
    if (this.#stream) return this.#stream;
    const stream = this.#parts.open();
    this.#stream = stream;
    this.#settle(this.#parts.connect(stream));
    return stream;
  }

  #settle(reply: Reply): void {
    clearTimeout(this.#patience);
    this.#resolve(reply);
  }
}
