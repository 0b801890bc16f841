import type { Readable, Writable } from 'node:stream';
import { serveStdio as serve } from '@modelcontextprotocol/server/stdio';
import { causeOf } from '../core/errors.ts';
import { createServer, type ServerParts } from './server.ts';
import { StdioTransport } from './stdio-transport.ts';

/** The client's connection, being served. */
export interface StdioSession {
  /** Resolves when the client has gone. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Serves one client over a pair of streams, in whichever protocol era it opens. */
export function serveStdio(input: Readable, output: Writable, parts: () => ServerParts): StdioSession {
  const transport = new StdioTransport(input, output);
  let session: ReturnType<typeof serve>;
  const ended = new Promise<void>((resolve) => {
    session = serve(() => createServer(parts()), {
      transport,
      onerror: (error) => parts().log.debug('client connection', { error: causeOf(error) }),
    });
    // serveStdio has set its own handler by now; ours comes after it.
    const { onclose } = transport;
    transport.onclose = () => {
      onclose?.();
      resolve();
    };
  });
  return { ended, close: () => session.close() };
}
