import type { JsonObject } from '../../../core/json.ts';
import { jsonReply, type Reply } from '../reply.ts';
import type { MessageStream } from './message-stream.ts';

/** Silence after which a request is answered by a stream, in ms: from then on a client that drops can come back. */
const STREAM_AFTER_MS = 500;

export interface ExchangeParts {
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
export class Exchange {
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
