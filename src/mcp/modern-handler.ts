import { createMcpHandler } from '@modelcontextprotocol/server';
import { causeOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { createServer } from './modern-server.ts';
import { restoreError } from './raw-error.ts';
import type { ServerParts } from './server-parts.ts';

/** Requests of 2026-07-28, which need no session, answered by the SDK. */
export interface ModernHandler {
  fetch(request: Request, body: unknown, parts: ServerParts): Promise<Response>;
  /** Tells those who listen (`subscriptions/listen`) of a change. */
  tell(change: { readonly list: 'resources' | 'prompts' } | { readonly uri: string }): void;
  close(): Promise<void>;
}

/** Loaded when the first such request comes. */
export function createModernHandler(log: Logger): ModernHandler {
  const handler = createMcpHandler(({ authInfo }) => serverFor(authInfo?.extra?.parts as ServerParts), {
    legacy: 'reject',
    onerror: (error) => log.debug('client request', { error: causeOf(error) }),
  });
  return {
    fetch: (request, parsedBody, parts) => {
      // The SDK hands this on to the factory unread; it never sees a token.
      const authInfo = { token: '', clientId: parts.caller.id, scopes: [], extra: { parts } };
      return handler.fetch(request, { parsedBody, authInfo });
    },
    tell: (change) => {
      if ('uri' in change) handler.notify.resourceUpdated(change.uri);
      else if (change.list === 'resources') handler.notify.resourcesChanged();
      else handler.notify.promptsChanged();
    },
    close: () => handler.close(),
  };
}

function serverFor(parts: ServerParts) {
  const server = createServer(parts);
  const connect = server.connect.bind(server);
  server.connect = (transport) => {
    const send = transport.send.bind(transport);
    transport.send = (message, options) => send(restoreError(message), options);
    return connect(transport);
  };
  return server;
}
