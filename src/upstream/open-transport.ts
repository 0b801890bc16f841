import type { Transport } from '@modelcontextprotocol/client';
import type { ServerConfig } from '../config/schema.ts';
import { ChildTransport } from './child-transport.ts';
import type { Authorization } from './http-client.ts';
import type { ProtocolEraCache } from './protocol-era-cache.ts';
import { startTimeoutMs } from './start-policy.ts';

/** How a server is spoken to. */
export type TransportKind = 'stdio' | 'streamable_http' | 'sse' | 'websocket';

/** Kinds to try for a server, in order: what its entry says, else what its URL shows, else Streamable HTTP before SSE, unless it is known otherwise. */
export function transportKinds(config: ServerConfig, verdicts: ProtocolEraCache): readonly TransportKind[] {
  if (config.type === 'local') return ['stdio'];
  if (config.transport) return [config.transport];
  if (/^wss?:/i.test(config.url)) return ['websocket'];
  return verdicts.of(config)?.transport === 'sse' ? ['sse', 'streamable_http'] : ['streamable_http', 'sse'];
}

/** A transport of that kind, not started. Network transports are loaded on first use: a stdio-only setup never pays for them. */
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
  const fetch = authorization?.fetch ?? outbound.fetch;
  const options = { headers, fetch, redact, ...(authorization && { authorization }) };
  if (kind === 'sse') {
    const { SseTransport } = await import('./sse-transport.ts');
    return new SseTransport(url, options);
  }
  const { StreamableTransport } = await import('./streamable-transport.ts');
  return new StreamableTransport(url, options);
}

// State of the module: these processes are those of this one process, until a connection takes them.
const queued = new Set<ServerConfig>();
const waiting = new Map<ServerConfig, ChildTransport>();
/** Entries whose connection has asked already: to start a process for it now would be too late, and one too many. */
const asked = new WeakSet<ServerConfig>();

/**
 * Starts the processes of servers ahead of their connections, so that they start while the gateway is being loaded: with
 * one server its tools are found 60 ms earlier.
 */
export function startEarly(servers: readonly ServerConfig[]): void {
  for (const config of servers) if (config.type === 'local' && !asked.has(config)) queued.add(config);
  startNext();
}

/** One in each turn of the event loop: to start a process holds us up by milliseconds, and the client is not to wait. */
function startNext(): void {
  const [config] = queued;
  if (config?.type !== 'local') return;
  queued.delete(config);
  const transport = new ChildTransport(config);
  // Whoever takes it is told.
  transport.start().catch(() => {});
  waiting.set(config, transport);
  setImmediate(startNext);
}

/** The process that was started for that entry; each is given away once. */
export function takeEarly(config: ServerConfig): ChildTransport | undefined {
  asked.add(config);
  queued.delete(config);
  const transport = waiting.get(config);
  waiting.delete(config);
  return transport;
}

/** Ends the processes that nobody took. */
export async function endEarly(): Promise<void> {
  queued.clear();
  const left = [...waiting.values()];
  waiting.clear();
  await Promise.all(left.map((transport) => transport.close()));
}
