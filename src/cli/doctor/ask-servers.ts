import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Signal, withTimeout } from '../../core/abort.ts';
import { failureIn, type ServerState } from '../../core/server-state.ts';
import type { Upstream } from '../../upstream/upstream.ts';

/** The state of a server after it was asked to start. */
export interface AskedServer {
  readonly id: string;
  readonly state: ServerState;
  /** The request that the server has not answered; only while it is connecting. */
  readonly waitsFor?: string;
  /** Time in ms from its start until its tools were known or the wait ended. */
  readonly durationMs: number;
  /** Number of tools that it lists. */
  readonly tools: number;
  /** The reason of its failure, without secrets. */
  readonly error?: string | undefined;
  /** The negotiated revision of the protocol; `transport` is the transport in use. */
  readonly protocol?: string | undefined;
  readonly transport?: string | undefined;
}

interface Asking {
  readonly timeoutMs: number;
  /** Aborted to end the wait early. */
  readonly signal: Signal;
  /** Returns the number of known tools of a server. */
  readonly toolsOf: (server: string) => number;
}

/**
 * Waits until a server that was just started is up, asks for a login or has failed three times, at most `timeoutMs`.
 */
export async function askServer(upstream: Upstream, { timeoutMs, signal, toolsOf }: Asking): Promise<AskedServer> {
  const startedAt = performance.now();
  // A server with cached tools, perhaps from another entry with the same address, would otherwise wait for its first
  // use.
  upstream.wake();
  await withTimeout(timeoutMs, (late) => upstream.settled(late), signal).catch(() => {});
  const { key: id } = upstream.config;
  const about = { id, durationMs: Math.round(performance.now() - startedAt), tools: toolsOf(id) };
  const { state, connection } = upstream;
  if (state.status === 'needs_auth') return { ...about, state: 'needs_auth' };
  if (state.status === 'ready') {
    const { version, transport } = connection?.spoken ?? {};
    return { ...about, state: 'ready', protocol: version, transport };
  }
  const error = failureIn(state)?.error ?? (state.status === 'connecting' ? state.error : undefined);
  if (error === undefined) return { ...about, state: 'connecting', waitsFor: upstream.waitsFor };
  return { ...about, state: 'failing', error };
}

/** Time in ms after which a start counts as waiting, not computing: the next one then begins beside it. */
const BUSY_MS = 5_000;

/**
 * Begins work on each item, as many at a time as there are cores: a hundred servers started at once would all be slow
 * and appear so. `work` gets the items begun so far, its own included. Resolves with the results, in order.
 */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item, begun: readonly Item[]) => Promise<Result>,
  atOnce = availableParallelism(),
): Promise<Result[]> {
  const results: Promise<Result>[] = [];
  let next = 0;
  const turn = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const result = work(items[at] as Item, items.slice(0, at + 1));
      results[at] = result;
      await Promise.race([result.catch(() => {}), sleep(BUSY_MS, undefined, { ref: false })]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, turn));
  return Promise.all(results);
}
