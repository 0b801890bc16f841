import type { JsonObject } from '../../core/json.ts';
import { type ServedChannel, serveChannel } from '../../mcp/serve-channel.ts';
import type { EdgeSession } from '../edge-parts.ts';
import type { LiveSession } from '../sessions.ts';
import { readMessages } from './read-messages.ts';

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

  constructor(id: string, session: EdgeSession, send: (message: JsonObject) => void, hangUp: () => void) {
    this.id = id;
    this.#session = session;
    this.#send = send;
    this.hangUp = hangUp;
    this.#channel = serveChannel(session.parts, async (message) => send(message));
  }

  /** Takes what came in one body or frame. What is wrong with it is answered, and returned. */
  receive(text: string): JsonObject | undefined {
    const read = readMessages(text);
    if ('error' in read) {
      this.#send(read.error);
      return read.error;
    }
    for (const message of read.messages) this.#channel.receive(message);
    return undefined;
  }

  async end(): Promise<void> {
    this.hangUp();
    await this.#channel.close();
    await this.#session.end();
  }
}
