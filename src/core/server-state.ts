/**
 * The states of a server, each with its words for people. Every list, search, table, report and answer of the REST API
 * uses these. `idle`: it starts at its first use. `connecting`: it starts, for the first time or again. `failing`: the
 * last attempt failed; the gateway tries again. `misconfigured`: its entry is wrong.
 */
export const SERVER_STATES = {
  idle: 'idle',
  connecting: 'connecting',
  ready: 'ready',
  failing: 'failing',
  needs_auth: 'needs login',
  closed: 'closed',
  misconfigured: 'misconfigured',
  disabled: 'disabled',
} as const;

export type ServerState = keyof typeof SERVER_STATES;

/** Longest wait for servers on their first connect, in ms: clients ask within 0.1 s of the start. */
export const FIRST_CONNECT_WAIT_MS = 3_000;

/** Remarks of a search about a server that did not tell all of its tools, or has none. */
export const ASKED_STATES = { incomplete: 'did not tell all of its tools', no_tools: 'has no tools' } as const;

export type AskedState = keyof typeof ASKED_STATES;

/** Returns a state as the rest of a sentence that begins with the server: `is failing`, `needs login`. */
export function stands(state: ServerState | AskedState): string {
  if (state === 'incomplete' || state === 'no_tools') return ASKED_STATES[state];
  return state === 'needs_auth' ? SERVER_STATES[state] : `is ${SERVER_STATES[state]}`;
}

/** Returns the word for a server that is configured and switched on. */
export function serverState(state: UpstreamState): Exclude<ServerState, 'misconfigured' | 'disabled'> {
  // While the probe of an open circuit runs, the server still counts as failing: the last attempts failed.
  if (failureIn(state) || state.status === 'waiting') return 'failing';
  return state.status;
}

/** The state of one server. Times are epoch ms. `attempt` counts from 1 since the server last ran for a while. */
export type UpstreamState =
  | { readonly status: 'idle' }
  /**
   * `error`: why the attempt before this one failed. `slowSince`: begin of this attempt, set once it takes so long that
   * no further call waits for it.
   */
  | { readonly status: 'connecting'; readonly attempt: number; readonly error?: string; readonly slowSince?: number }
  | { readonly status: 'ready'; readonly since: number }
  | { readonly status: 'waiting'; readonly retryAt: number; readonly error: string; readonly attempt: number }
  /**
   * Waits until a person logs in or the entry changes. `url`: the page of a login that has begun. `error`: why no login
   * can begin.
   */
  | { readonly status: 'needs_auth'; readonly url?: string; readonly error?: string }
  | { readonly status: 'closed' };

/** The attempt from which on calls fail at once instead of waiting for it. */
const OPEN_FROM_ATTEMPT = 3;

/** True if the circuit is open: calls fail at once, until the next attempt to connect, which is the probe, succeeds. */
function isCircuitOpen(state: UpstreamState): boolean {
  return (state.status === 'connecting' || state.status === 'waiting') && state.attempt >= OPEN_FROM_ATTEMPT;
}

/**
 * True if a call should wait: the server is connecting or about to, is not slow, and has not failed too often in a row.
 */
export function isComingUp(state: UpstreamState): boolean {
  return (state.status === 'connecting' || state.status === 'waiting') && !isCircuitOpen(state) && !isSlow(state);
}

function isSlow(state: UpstreamState): boolean {
  return state.status === 'connecting' && state.slowSince !== undefined;
}

/** True if a call can be made now, or after the start of a server that has not failed. */
export function isAvailable(state: UpstreamState): boolean {
  if (state.status === 'connecting') return !isCircuitOpen(state) && !isSlow(state);
  return state.status === 'ready' || state.status === 'idle';
}

/**
 * The failure of a server: the error, the time of the next attempt (epoch ms), and whether calls fail at once until
 * then.
 */
export interface Failure {
  readonly error: string;
  readonly retryAt: number;
  readonly circuit?: 'open';
}

/** Returns the failure of a server that is failing; otherwise undefined. */
export function failureIn(state: UpstreamState): Failure | undefined {
  const circuit = isCircuitOpen(state) ? ({ circuit: 'open' } as const) : undefined;
  if (state.status === 'waiting') return { error: state.error, retryAt: state.retryAt, ...circuit };
  // An attempt with an open circuit is the probe, which is under way now.
  return circuit && state.status === 'connecting'
    ? { error: state.error ?? 'unknown', retryAt: Date.now(), ...circuit }
    : undefined;
}

/** Returns the command with which a person logs in to a server. */
export function loginCommand(server: string): string {
  return `mcp-gateway login ${wordOf(server)}`;
}

/** Returns the command with which a person switches a server on. */
export function enableCommand(server: string): string {
  return `mcp-gateway enable ${wordOf(server)}`;
}

/** Quotes a text as one word of a shell. */
function wordOf(text: string): string {
  return /^[\w@%+:,./][\w@%+:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
