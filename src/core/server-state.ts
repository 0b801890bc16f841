import { failureIn, type UpstreamState } from './upstream-state.ts';

/**
 * Where a server stands, in one word, and the same for people: every list, search, table, report and answer of the REST API
 * has it from here. `idle`: it starts at its first use. `connecting`: on its first way up, or up again. `failing`: the last
 * attempt failed; it is tried again. `misconfigured`: its entry is wrong.
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

/** What a search says of a server that was asked: it did not tell all of its tools, or has none. */
export const ASKED_STATES = { incomplete: 'did not tell all of its tools', no_tools: 'has no tools' } as const;

export type AskedState = keyof typeof ASKED_STATES;

/** The same as the rest of a sentence that begins with the server: `is failing`, `needs login`. */
export function stands(state: ServerState | AskedState): string {
  if (state === 'incomplete' || state === 'no_tools') return ASKED_STATES[state];
  return state === 'needs_auth' ? SERVER_STATES[state] : `is ${SERVER_STATES[state]}`;
}

/** The word for a server that is configured and switched on. */
export function serverState(state: UpstreamState): Exclude<ServerState, 'misconfigured' | 'disabled'> {
  // A probe of an open circuit is no news: the last attempts failed.
  if (failureIn(state) || state.status === 'waiting') return 'failing';
  return state.status;
}
