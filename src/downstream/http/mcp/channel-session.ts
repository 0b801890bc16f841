import type { JsonObject } from '../../../core/json.ts';
import type { EdgeSession } from '../../edge-session.ts';
import { ClientChannel } from '../../protocol/client-channel.ts';
import { Batches, batchRefusal } from '../../protocol/json-rpc.ts';
import { INVALID_REQUEST, isRequest, readMessages, rpcFailure } from './read-messages.ts';
import type { HangUp, LiveSession } from './sessions.ts';

const STOPPING = -32_000;

export interface ChannelParts {
  readonly send: (message: JsonObject) => void;
  readonly hangUp: (why: HangUp) => void;
  /** True while the gateway stops: new requests are refused, running ones may end. */
  readonly isStopping: () => boolean;
}

/** A session over a channel that carries messages both ways (SSE of 2024-11-05, WebSocket). It ends with the channel. */
export class ChannelSession implements LiveSession {
  /** Always true: a session with an open channel does not end for being idle. */
  readonly isBusy = true;
  readonly id: string;
  readonly #session: EdgeSession;
  readonly #channel: ClientChannel;
  readonly #send: (message: JsonObject) => void;
  /** Ends the channel, and the session with it. */
  readonly hangUp: (why: HangUp) => void;
  readonly #isStopping: () => boolean;
  readonly #batches = new Batches();
  #isOver = false;

  constructor(id: string, session: EdgeSession, channel: ChannelParts) {
    const { send, hangUp, isStopping } = channel;
    this.id = id;
    this.#isStopping = isStopping;
    this.#session = session;
    this.#send = send;
    this.hangUp = hangUp;
    this.#channel = new ClientChannel(session.services, async (message) => send(message));
  }

  /**
   * Takes the text of one body or frame. If it is refused, sends the errors, and returns the first of them. `limit` counts
   * messages, and returns an error if they come too often.
   */
  receive(text: string, limit: (messages: number) => JsonObject | undefined): JsonObject | undefined {
    // A client may send more after we have hung up.
    if (this.#isOver) return undefined;
    const read = readMessages(text);
    const count = 'error' in read ? 1 : Math.max(1, read.messages.length);
    const tooMany = limit(count);
    if ('error' in read) return this.#refused(tooMany ? batchRefusal([], tooMany) : [read.error]);
    const problem = read.isBatch ? this.#batches.problem(read.messages.length) : undefined;
    const error = tooMany ?? (problem && { code: INVALID_REQUEST, message: `Invalid request: ${problem}` });
    if (error) return this.#refused(batchRefusal(read.messages, error));
    if (!read.isBatch) for (const message of read.messages) this.#batches.observe(message);
    for (const message of read.messages) {
      if (this.#isStopping() && isRequest(message))
        this.#send(rpcFailure(STOPPING, 'The gateway is stopping', message.id));
      else this.#channel.receive(message);
    }
    return undefined;
  }

  #refused(answers: readonly JsonObject[]): JsonObject | undefined {
    for (const answer of answers) this.#send(answer);
    return answers[0];
  }

  async end(why: HangUp): Promise<void> {
    this.#isOver = true;
    this.hangUp(why);
    await this.#channel.close();
    await this.#session.end();
  }
}
