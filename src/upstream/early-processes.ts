import type { ServerConfig } from '../config/schema.ts';
import { ChildTransport } from './child-transport.ts';

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
