import type { JsonObject } from '../../core/json.ts';
import { type ServedChannel, serveChannel } from '../../mcp/serve-channel.ts';
import type { EdgeSession } from '../edge-parts.ts';
import type { LiveSession } from '../sessions.ts';
import { isRequest, readMessages, rpcFailure } from './read-messages.ts';

const STOPPING = -32_000;

export interface ChannelParts {
  readonly send: (message: JsonObject) => void;
  readonly hangUp: () => void;
  /** New requests are refused; what runs may end. */
  readonly isStopping: () => boolean;
}

/** A session over a channel that carries messages both ways: it lives as long as the channel does. */
export class ChannelSession implements LiveSession {
  /** Whoever holds a channel open waits for something. */
  readonly isBusy = true;
  readonly id: string;
  readonly #session: EdgeSession;
  readonly #channel: ServedChannel;
  readonly #send: (message: JsonObject) => void;
  /** Ends the channel, and the session with it. */
  readonly hangUp: () => void;
  readonly #isStopping: () => boolean;
  #isOver = false;

  constructor(id: string, session: EdgeSession, channel: ChannelParts) {
    const { send, hangUp, isStopping } = channel;
    this.id = id;
    this.#isStopping = isStopping;
    this.#session = session;
    this.#send = send;
    this.hangUp = hangUp;
    this.#channel = serveChannel(session.parts, async (message) => send(message));
  }

  /** Takes what came in one body or frame. What is wrong with it is answered, and returned. */
  receive(text: string): JsonObject | undefined {
    // A client may go on although we have hung up: it does not have to agree.
    if (this.#isOver) return undefined;
    const read = readMessages(text);
    if ('error' in read) {
      this.#send(read.error);
      return read.error;
    }
    for (const message of read.messages) {
      if (this.#isStopping() && isRequest(message))
        this.#send(rpcFailure(STOPPING, 'The gateway is stopping', message.id));
      else this.#channel.receive(message);
    }
    return undefined;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.hangUp();
    await this.#channel.close();
    await this.#session.end();
  }
}
