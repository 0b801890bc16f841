import type { JsonObject } from '../../../core/json.ts';
import type { EdgeSession } from '../../edge-session.ts';
import { HandshakeServer } from '../../protocol/handshake-server.ts';
import { Batches, readMessage } from '../../protocol/json-rpc.ts';
import { MessageStream, placeOf } from '../request/event-stream.ts';
import { jsonReply, type Reply, streamReply } from '../request/reply.ts';
import { isRequest, rpcFailure } from './read-messages.ts';

/** Streams that are over and can still be asked for, and what is kept of them in characters; the oldest are forgotten first. */
const MAX_ENDED_STREAMS = 64;
const MAX_ENDED_CHARS = 4 * 1024 * 1024;
/** Streams opened by GET at one time. */
const MAX_LISTENING = 8;
/** From this revision on an event without data is understood. */
const PRIMES_FROM = '2025-11-25';
/** As SDKs tell of a connection that was closed. */
const SESSION_ENDED = -32_000;

/** One session of Streamable HTTP, 2025-03-26 to 2025-11-25: what comes in over POST, and what goes out over streams. */
export class StreamableSession {
  readonly id: string;
  readonly batches = new Batches();
  readonly #session: EdgeSession;
  readonly #server: HandshakeServer;
  /** The POST that waits for the answer to a request, by that request's id. */
  readonly #exchanges = new Map<unknown, Exchange>();
  /** No `BoundedMap`: streams that are connected do not count, and those that are not complete stay. */
  readonly #streams = new Map<string, MessageStream>();
  /** Opened by GET, for what belongs to no request; the latest is used. */
  readonly #listening: MessageStream[] = [];
  readonly #onUse: () => void;
  #version = '';
  #streamCount = 0;

  /** `onUse` is called when a stream of it has ended. */
  constructor(id: string, session: EdgeSession, onUse: () => void) {
    this.id = id;
    this.#session = session;
    this.#onUse = onUse;
    this.#server = new HandshakeServer(session.services, (...message) => this.#send(...message), true);
    session.services.session.sendThrough(this.#server);
  }

  /** Whether somebody waits for something of it. */
  get isBusy(): boolean {
    if (this.#exchanges.size > 0 || this.#session.isBusy()) return true;
    return [...this.#streams.values()].some((stream) => stream.isConnected);
  }

  /** Takes the messages of one POST, each checked to be one. Resolves with the answer to it. */
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
      // A request that comes again with its id is one that the client waits for anew: its first POST is not to hang.
      this.#exchanges.get(id)?.takeBack(id);
      this.#exchanges.set(id, exchange);
    }
    for (const message of messages) this.#receive(message);
    return exchange.reply;
  }

  /** Listens: to what belongs to no request, or anew to a stream that broke. Undefined when there is no such stream. */
  get(lastEventId: string | undefined): Reply | undefined {
    if (lastEventId === undefined) {
      const stream = this.#openStream();
      // What nobody was there for is heard by whoever comes: a question would wait for ever.
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

  /** The client has gone, or must go: what it waits for ends. */
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
    // A request that was taken back is not answered, and its POST is not to wait for ever.
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

  /** What belongs to no request that is open goes to whoever listens. A question that nobody hears must fail. */
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
      // The latest stays, however long it is.
      if (index > 0 && (index >= MAX_ENDED_STREAMS || chars > MAX_ENDED_CHARS)) this.#forget(stream);
    });
  }

  #forget(stream: MessageStream): void {
    // A request that is still being answered goes on to its end, and its client may come back for that.
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

/** Silence after which a request is answered by a stream, in ms: from then on a client that drops can come back. */
const STREAM_AFTER_MS = 500;

interface ExchangeParts {
  /** Ids of the requests that came in one POST. */
  readonly ids: ReadonlySet<unknown>;
  readonly isBatch: boolean;
  /** Makes the stream, should it be needed. */
  readonly open: () => MessageStream;
  readonly connect: (stream: MessageStream) => Reply;
  readonly headers: Readonly<Record<string, string>>;
  /** All requests are answered. */
  readonly onEnd: () => void;
}

/**
 * The answer to one POST: plain JSON where the answer is the first and only thing there is to say, which it mostly is and
 * costs half; else a stream.
 */
class Exchange {
  /** Resolves as soon as it is plain which it is. */
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

  /** A question, or a notification, while the requests are being answered. */
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

  /** The client does not want an answer to that request any more. */
  takeBack(id: unknown): void {
    if (this.#unanswered.delete(id) && this.#unanswered.size === 0) this.end();
  }

  /** Nothing more comes, whether or not all is answered. */
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
