import type { Readable, Writable } from 'node:stream';
import { serveStdio as serve } from '@modelcontextprotocol/server/stdio';
import { causeOf } from '../core/errors.ts';
import { restoreError } from './raw-error.ts';
import { createServer, type ServerParts } from './server.ts';
import { type LineLimit, StdioTransport } from './stdio-transport.ts';
import { unsupportedVersion } from './unsupported-version.ts';

/** The client's connection, being served. */
export interface StdioConnection {
  /** Resolves when the client has gone. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Serves one client over a pair of streams, in whichever protocol era it opens. */
export function serveStdio(input: Readable, output: Writable, parts: ServerParts, limit: LineLimit): StdioConnection {
  const transport = new StdioTransport(input, output, limit);
  const connection = serve(({ era }) => createServer(parts, era), {
    transport,
    onerror: (error) => parts.log.debug('client connection', { error: causeOf(error) }),
  });
  // serveStdio has set its own handlers by now; ours come before and after them.
  const { onmessage, onclose } = transport;
  const send = transport.send.bind(transport);
  transport.send = (message) => send(restoreError(message));
  transport.onmessage = (message) => {
    const refusal = unsupportedVersion(message);
    if (refusal) return void transport.send(refusal);
    parts.session.observe(message);
    onmessage?.(message);
  };
  const ended = new Promise<void>((resolve) => {
    transport.onclose = () => {
      parts.session.end();
      onclose?.();
      resolve();
    };
  });
  return { ended, close: () => connection.close() };
}
