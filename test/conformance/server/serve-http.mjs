import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { listener } from '../../fixtures/upstream/bridge.mjs';
import { createServer } from './create-server.mjs';

/** Serves Streamable HTTP on a free port of this machine: 2025-era sessions, and 2026-07-28 request by request. */
export async function serveHttp() {
  const modern = createMcpHandler(() => createServer({ announce }), { legacy: 'reject' });
  const sessions = new Map();

  function announce(list) {
    return list === 'tools' ? modern.notify.toolsChanged() : modern.notify.promptsChanged();
  }

  async function openSession(request) {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await createServer().connect(transport);
    return transport.handleRequest(request);
  }

  async function serve(request) {
    const refusal =
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins());
    if (refusal) return refusal;
    const session = request.headers.get('mcp-session-id');
    if (session) return sessions.get(session)?.handleRequest(request) ?? new Response(null, { status: 404 });
    if (!(await isLegacyRequest(request))) return modern.fetch(request);
    return request.method === 'POST' ? openSession(request) : new Response(null, { status: 405 });
  }

  const server = createHttpServer(listener(serve)).listen(0, '127.0.0.1');
  await once(server, 'listening');

  function close() {
    server.close();
    server.closeAllConnections();
  }

  return { url: `http://127.0.0.1:${server.address().port}/mcp`, close };
}
