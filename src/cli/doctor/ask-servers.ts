import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Signal, withTimeout } from '../../core/abort.ts';
import { failureIn, type ServerState } from '../../core/server-state.ts';
import type { Upstream } from '../../upstream/upstream.ts';

/** A server that was asked to start, as it stood after that. */
export interface AskedServer {
  readonly id: string;
  readonly state: ServerState;
  /** While it is connecting: the request that it has not answered. */
  readonly waitsFor?: string;
  /** From its start until its tools were known, or until it was given up, in ms. */
  readonly durationMs: number;
  /** Number of tools that it lists. */
  readonly tools: number;
  /** Why it failed, secrets blanked. */
  readonly error?: string | undefined;
  /** The revision of the protocol that was agreed on, and over what. */
  readonly protocol?: string | undefined;
  readonly transport?: string | undefined;
}

interface Asking {
  readonly timeoutMs: number;
  /** Aborted to wait no longer. */
  readonly signal: Signal;
  /** Number of known tools of a server. */
  readonly toolsOf: (server: string) => number;
}

/**
 * Waits until a server that was just started is up, asks for a login or has failed three times, or `timeoutMs` are
 * over.
 */
export async function askServer(upstream: Upstream, { timeoutMs, signal, toolsOf }: Asking): Promise<AskedServer> {
  const startedAt = performance.now();
  // A server whose tools are cached, perhaps from another entry of the same address, would wait for its first use.
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

/** A start that takes longer has nothing to compute: it waits, and the next one begins beside it; in ms. */
const BUSY_MS = 5_000;

/**
 * Begins work on each item, as many at a time as there are cores: a hundred servers that start at once would all be slow, and
 * seem so. `work` gets the items begun so far, its own included. Resolves with what came of each, in order.
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
