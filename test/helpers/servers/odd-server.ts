import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ServerConfig, serverSchema } from '../../../src/config/schema.ts';
import { causeOf } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { createLogger } from '../../../src/platform/log.ts';
import { connect } from '../../../src/upstream/connect.ts';
import type { Connection } from '../../../src/upstream/connection.ts';
import { ProtocolEraCache } from '../../../src/upstream/protocol-era-cache.ts';
import { redactor } from '../../../src/upstream/redact.ts';

export type Request = JsonObject & { readonly method: string; readonly id?: number; readonly params?: JsonObject };

/** Answers a request in its own way; false: the server answers it as it should. */
export type Oddity = (message: Request, response: ServerResponse, request: IncomingMessage) => unknown;

export const TOOL = { name: 'echo', inputSchema: { type: 'object' } };

export const RESULTS: Readonly<Record<string, unknown>> = {
  initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'odd', version: '1' } },
  ping: {},
  'tools/list': { tools: [TOOL] },
  'tools/call': { content: [{ type: 'text', text: 'said' }] },
};

/** An MCP server of 2025 over Streamable HTTP within this process, sound but for its oddity. */
export async function oddServer(odd: Oddity = () => false) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const message: Request = text === '' ? { method: String(request.method) } : JSON.parse(text);
    asked.push(message.method);
    if (odd(message, response, request) !== false) return;
    if (text === '') return void response.writeHead(405).end();
    if (message.id === undefined) return void response.writeHead(202).end();
    const result = RESULTS[message.method];
    const error = { code: -32_601, message: 'Method not found' };
    sendJson(response, { jsonrpc: '2.0', id: message.id, ...(result ? { result } : { error }) });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return { url, asked };
}

export function sendJson(response: ServerResponse, message: unknown, status = 200): void {
  send(response, status, 'application/json', JSON.stringify(message));
}

export function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}

export interface Connected {
  readonly connection: Connection;
  readonly log: readonly string[];
  readonly notified: readonly string[];
}

/** Connects as the gateway does. Rejects as it does. */
export function connected(url: string, entry: object = {}, verdicts = new ProtocolEraCache()): Promise<Connected> {
  return connectedTo({ type: 'remote', url, ...entry }, verdicts);
}

/** The same with the server of any entry. */
export async function connectedTo(entry: object, verdicts = new ProtocolEraCache()): Promise<Connected> {
  const config: ServerConfig = { ...serverSchema.parse(entry), key: 'odd' };
  const log: string[] = [];
  const notified: string[] = [];
  const connection = await connect(config, {
    identity: async () => ({ capabilities: {} }),
    log: createLogger((line) => log.push(line), 'debug'),
    redact: redactor(config),
    signal: new AbortController().signal,
    handlers: {
      onRequest: async () => ({ result: {} }),
      onNotification: (method) => notified.push(method),
    },
    protocolEras: verdicts,
  }).catch((error: unknown) => {
    throw new Error(causeOf(error));
  });
  onTestFinished(() => connection.close());
  return { connection, log, notified };
}

/** What a call of the tool answers. */
export function called(connection: Connection) {
  return connection.forward('tools/call', { name: 'echo', arguments: {} }, { signal: new AbortController().signal });
}

export const SAID = { result: RESULTS['tools/call'] };
