import { StreamableHTTPClientTransport as HttpV2, SSEClientTransport as SseV2 } from '@modelcontextprotocol/client';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import WebSocket from 'ws';
import type { Entry, NetworkTransport } from '../servers/fixture.ts';

// The 1.x transport for WebSocket expects the browser's global, which Node 20 lacks.
Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? WebSocket });

/** The transport by which a client of that generation reaches a server of the configuration without the gateway. */
export function directTransport(entry: Entry, kind: 'stdio' | NetworkTransport, generation: 'v1' | 'v2'): Transport {
  if (kind === 'stdio') {
    const [command = '', ...args] = entry.command as string[];
    return new StdioClientTransport({ command, args, env: process.env as Record<string, string> });
  }
  const url = new URL(entry.url as string);
  if (kind === 'ws') return new WebSocketClientTransport(url);
  if (kind === 'sse')
    return generation === 'v1' ? new SSEClientTransport(url) : (new SseV2(url) as unknown as Transport);
  return (generation === 'v1' ? new StreamableHTTPClientTransport(url) : new HttpV2(url)) as Transport;
}
