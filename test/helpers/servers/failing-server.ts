import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';

/** An MCP server over HTTP, one session at a time; calls get status 500 while `fails` is set. */
export class FailingServer {
  fails = true;
  /** Methods of the requests so far. */
  readonly methods: string[] = [];
  #session = 0;
  #url = '';

  /** Address of the MCP server. */
  get url(): string {
    return this.#url;
  }

  /** As if it had been restarted. */
  forgetSessions(): void {
    this.#session++;
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => void this.#answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    this.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    return this;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
    this.methods.push(String(method));
    if (method === 'initialize') this.#session++;
    else if (request.headers['mcp-session-id'] !== String(this.#session)) return void response.writeHead(404).end();
    if (id === undefined) return void response.writeHead(202).end();
    if (method === 'tools/call' && this.fails) return void response.writeHead(500).end('no');
    const result = resultOf(String(method), params as JsonObject);
    const answer = result ? { result } : { error: { code: -32601, message: 'Method not found' } };
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': String(this.#session) });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  }
}

function resultOf(method: string, params: JsonObject | undefined): JsonObject | undefined {
  const results: Record<string, JsonObject> = {
    initialize: {
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'failing', version: '0' },
    },
    ping: {},
    'tools/list': { tools: [{ name: 'work', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'worked' }] },
  };
  return results[method];
}
