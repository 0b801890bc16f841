import type { AuthProvider, FetchLike, Transport } from '@modelcontextprotocol/client';
import type { ServerConfig } from '../config/schema.ts';
import { patientFetch } from '../core/patient-fetch.ts';
import { ChildTransport } from './child-transport.ts';
import { takeEarly } from './early-processes.ts';
import { startTimeoutMs } from './start-policy.ts';

/** How a server is spoken to. */
export type TransportKind = 'stdio' | 'streamable_http' | 'sse' | 'websocket';

/** Supplies the token of each HTTP request, and sends them. */
export type Authorization = AuthProvider & { readonly fetch: FetchLike };

/** Kinds to try for a server, in order: what its entry says, else what its URL shows, else Streamable HTTP before SSE. */
export function transportKinds(config: ServerConfig): readonly TransportKind[] {
  if (config.type === 'local') return ['stdio'];
  if (config.transport) return [config.transport];
  if (/^wss?:/i.test(config.url)) return ['websocket'];
  return ['streamable_http', 'sse'];
}

/** A transport of that kind, not started. Network transports are loaded on first use: a stdio-only setup never pays for them. */
export async function openTransport(
  config: ServerConfig,
  kind: TransportKind,
  onStderr: (line: string) => void,
  authorization?: Authorization,
): Promise<Transport> {
  if (config.type === 'local') {
    const transport = takeEarly(config) ?? new ChildTransport(config);
    transport.onstderr = onStderr;
    return transport;
  }
  const headers = config.headers;
  if (kind === 'websocket') {
    const { WebSocketTransport } = await import('./websocket-transport.ts');
    return new WebSocketTransport(config.url, headers, startTimeoutMs(config));
  }
  const { StreamableHTTPClientTransport, SSEClientTransport } = await import('@modelcontextprotocol/client');
  const url = new URL(config.url);
  const options = {
    requestInit: { headers: { ...headers } },
    fetch: authorization?.fetch ?? patientFetch,
    ...(authorization && { authProvider: authorization }),
  };
  return kind === 'sse' ? new SSEClientTransport(url, options) : new StreamableHTTPClientTransport(url, options);
}
