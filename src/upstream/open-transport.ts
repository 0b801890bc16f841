import type { Transport } from '@modelcontextprotocol/client';
import type { ServerConfig } from '../config/schema.ts';
import { ChildTransport } from './child-transport.ts';
import type { Authorization } from './login/authorization.ts';
import type { ProtocolEraCache } from './protocol-era-cache.ts';
import { startTimeoutMs } from './start-policy.ts';

/** The kinds of transport. */
export type TransportKind = 'stdio' | 'streamable_http' | 'sse' | 'websocket';

/**
 * Returns the kinds to try, in order: the one of the entry, else the one of the URL, else Streamable HTTP before SSE,
 * in reverse order if the server was found to accept SSE only.
 */
export function transportKinds(config: ServerConfig, verdicts: ProtocolEraCache): readonly TransportKind[] {
  if (config.type === 'local') return ['stdio'];
  if (config.transport) return [config.transport];
  if (/^wss?:/i.test(config.url)) return ['websocket'];
  return verdicts.of(config)?.transport === 'sse' ? ['sse', 'streamable_http'] : ['streamable_http', 'sse'];
}

/**
 * Makes a transport of that kind, not started. Network transports are loaded on first use, so that a setup with stdio
 * servers only does not load them.
 */
export async function openTransport(
  config: ServerConfig,
  kind: TransportKind,
  onStderr: (line: string) => void,
  redact: (text: string) => string,
  authorization?: Authorization,
): Promise<Transport> {
  if (config.type === 'local') {
    const transport = takeEarly(config) ?? new ChildTransport(config);
    transport.redact = redact;
    transport.onstderr = onStderr;
    return transport;
  }
  const { headers, proxy } = config;
  if (kind === 'websocket') {
    const { WebSocketTransport } = await import('./websocket-transport.ts');
    return new WebSocketTransport(config.url, { headers, redact, proxy, timeoutMs: startTimeoutMs(config) });
  }
  const { Outbound } = await import('../platform/outbound/outbound.ts');
  const outbound = new Outbound({ url: config.url, proxy });
  const { url } = outbound;
  const send = authorization?.send ?? outbound.send;
  const options = { headers, send, redact, ...(authorization && { authorization }) };
  if (kind === 'sse') {
    const { SseTransport } = await import('./sse-transport.ts');
    return new SseTransport(url, options);
  }
  const { StreamableTransport } = await import('./streamable-transport.ts');
  return new StreamableTransport(url, options);
}

// Module state: processes that were started ahead, until a connection takes them.
const queued = new Set<ServerConfig>();
const waiting = new Map<ServerConfig, ChildTransport>();
/** Entries whose connection has asked for its process: another one must not be started ahead. */
const asked = new WeakSet<ServerConfig>();

/**
 * Starts the processes of servers before their connections exist, while the gateway is still loading. With one server
 * its tools are known 60 ms earlier.
 */
export function startEarly(servers: readonly ServerConfig[]): void {
  for (const config of servers) if (config.type === 'local' && !asked.has(config)) queued.add(config);
  startNext();
}

/** Starts one process in each turn of the event loop: a start blocks for milliseconds, and the client must not wait. */
function startNext(): void {
  const [config] = queued;
  if (config?.type !== 'local') return;
  queued.delete(config);
  const transport = new ChildTransport(config);
  // The connection that takes the transport gets the same error from its own `start`.
  transport.start().catch(() => {});
  waiting.set(config, transport);
  setImmediate(startNext);
}

/** Returns the process started ahead for an entry, once; undefined if there is none. */
export function takeEarly(config: ServerConfig): ChildTransport | undefined {
  asked.add(config);
  queued.delete(config);
  const transport = waiting.get(config);
  waiting.delete(config);
  return transport;
}

/** Ends the processes that no connection has taken. */
export async function endEarly(): Promise<void> {
  queued.clear();
  const left = [...waiting.values()];
  waiting.clear();
  await Promise.all(left.map((transport) => transport.close()));
}
