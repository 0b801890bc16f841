import { type Signal, withTimeout } from '../../core/abort.ts';
import type { ServerState } from '../../core/server-state.ts';
import { failureIn } from '../../core/upstream-state.ts';
import type { Upstream } from '../../upstream/upstream.ts';

/** A server that was asked to start, as it stood after that. */
export interface AskedServer {
  readonly id: string;
  readonly state: ServerState;
  /** While it is connecting: the request that it has not answered. */
  readonly waitsFor?: string;
  /** From its start until its tools were known, or until it was given up, in ms. */
  readonly durationMs: number;
  /** How many tools it lists. */
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
  /** How many tools are known of a server. */
  readonly toolsOf: (server: string) => number;
}

/** Waits until a server that was just started is up, asks for a login or has failed three times, or `timeoutMs` are over. */
export async function askServer(upstream: Upstream, { timeoutMs, signal, toolsOf }: Asking): Promise<AskedServer> {
  const startedAt = performance.now();
  // What another entry of the same address has told counts as remembered, and such a server would wait for its first use.
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
