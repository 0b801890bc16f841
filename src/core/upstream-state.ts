/** Where one server stands. Times are epoch milliseconds; attempts count from 1 since it last lived for a while. */
export type UpstreamState =
  /** Not running; starts at its first use. */
  | { readonly status: 'idle' }
  /** `error`: why the attempt before this one failed. `slowSince`: when it began, once it takes so long that no further call waits. */
  | { readonly status: 'connecting'; readonly attempt: number; readonly error?: string; readonly slowSince?: number }
  | { readonly status: 'ready'; readonly since: number }
  | { readonly status: 'waiting'; readonly retryAt: number; readonly error: string; readonly attempt: number }
  /** Waits until somebody logs in or the entry changes; `url` is where, once a login has been begun; `error`: why none can. */
  | { readonly status: 'needs_auth'; readonly url?: string; readonly error?: string }
  | { readonly status: 'closed' };

/** The attempt from which on calls fail at once instead of waiting for it. */
const OPEN_FROM_ATTEMPT = 3;

/** Whether the circuit is open: calls fail at once, until the next attempt to connect, which is the probe, succeeds. */
function isCircuitOpen(state: UpstreamState): boolean {
  return (state.status === 'connecting' || state.status === 'waiting') && state.attempt >= OPEN_FROM_ATTEMPT;
}

/** Whether waiting makes sense: on the way up, and not yet given up on by too many failures in a row. */
export function isComingUp(state: UpstreamState): boolean {
  return (state.status === 'connecting' || state.status === 'waiting') && !isCircuitOpen(state) && !isSlow(state);
}

function isSlow(state: UpstreamState): boolean {
  return state.status === 'connecting' && state.slowSince !== undefined;
}

/** Whether a call can be made now, if need be after the start of a server that has not failed. */
export function isAvailable(state: UpstreamState): boolean {
  if (state.status === 'connecting') return !isCircuitOpen(state) && !isSlow(state);
  return state.status === 'ready' || state.status === 'idle';
}

/** A server that failed: why, when the next attempt is made (epoch ms), and whether calls fail at once until then. */
export interface Failure {
  readonly error: string;
  readonly retryAt: number;
  readonly circuit?: 'open';
}

/** How the server has failed, if that is where it stands. */
export function failureIn(state: UpstreamState): Failure | undefined {
  const circuit = isCircuitOpen(state) ? ({ circuit: 'open' } as const) : undefined;
  if (state.status === 'waiting') return { error: state.error, retryAt: state.retryAt, ...circuit };
  // The probe is under way.
  return circuit && state.status === 'connecting'
    ? { error: state.error ?? 'unknown', retryAt: Date.now(), ...circuit }
    : undefined;
}
