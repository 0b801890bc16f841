import type { FrontDesk } from '../stdio/front-desk.ts';
import type { LineLimit } from '../stdio/stdio-transport.ts';
import { serveChannel } from './serve-channel.ts';
import type { ServerParts } from './server-parts.ts';

/** The client's connection, being served. */
export interface StdioConnection {
  /** Resolves when the client has gone. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Serves the client that has come to the desk, in whichever protocol era it opens. */
export function serveStdio(desk: FrontDesk, parts: ServerParts, limit: LineLimit): StdioConnection {
  const channel = serveChannel(parts, (message) => desk.send(message));
  const ended = new Promise<void>((resolve) => {
    desk.handOver({
      limit,
      receive: (message, answered) => channel.receive(message, answered),
      onClose: () => {
        void channel.close();
        resolve();
      },
    });
  });
  return { ended, close: () => desk.close() };
}
