import { clip } from '../core/errors.ts';
import { escaped } from '../core/invisible-characters.ts';
import { nearest } from '../core/nearest.ts';
import {
  type AskedState,
  enableCommand,
  type Failure,
  failureIn,
  loginCommand,
  type ServerState,
} from '../core/server-state.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

/** Remarks on the configuration for the answer of a search. */
export interface ConfigNotices {
  /** Entries that the gateway cannot use, with their errors. */
  readonly misconfigured: readonly { readonly server: string; readonly error: string }[];
  /** Keys of servers that are switched off and of which callers may know; absent: none. */
  readonly disabled?: readonly string[];
  /** A problem of the file as a whole: it does not exist, or an edit was broken and not taken over. */
  readonly hint?: string;
}

/** A server that may have had fitting tools: it cannot be asked now, or did not tell all of its tools. */
export interface Unavailable extends Partial<Failure> {
  readonly server: string;
  /** A server with `incomplete` or `no_tools` was asked. */
  readonly state: Extract<ServerState, 'connecting' | 'failing' | 'misconfigured' | 'needs_auth'> | AskedState;
}

/** Most servers named in an answer, and most characters of an error and of a key there: a model reads the answer. */
export const MAX_NAMED = 20;
const MAX_ERROR = 160;
const MAX_KEY = 100;
/** A server without a login has no known tool, so any id of its own starts a login. */
const HOW_TO_LOG_IN = 'invoke any id that begins with "<server>::" to log in';

interface ServersAndNotices {
  readonly upstreams: Upstreams;
  readonly notices: () => ConfigNotices;
}

/** Returns the servers among those concerned that cannot be asked now, misconfigured ones first. */
export function unavailableServers(
  { upstreams, notices }: ServersAndNotices,
  concerned: (server: string) => boolean,
): Unavailable[] {
  const wrong = notices().misconfigured.map(
    ({ server, error }): Unavailable => ({ server, state: 'misconfigured', error: told(error) }),
  );
  const down = upstreams.all().flatMap((upstream) => obstacle(upstream) ?? []);
  return [...wrong, ...down].filter(({ server }) => concerned(server));
}

/**
 * Says which of the wanted servers are switched off or do not exist, with the nearest that does: otherwise the caller
 * would think that no tool fits. Empty if all exist.
 */
export function describeAbsent(parts: ServersAndNotices, wanted: readonly string[]): string {
  if (wanted.length === 0) return '';
  const known = unavailableServers(parts, () => true).map(({ server }) => server);
  known.push(...parts.upstreams.all().map(({ config }) => config.key));
  const unknown = wanted.filter((server) => !known.includes(server));
  const told = unknown.slice(0, MAX_NAMED).map((server) => {
    if (parts.notices().disabled?.includes(server)) return disabledServer(server);
    const meant = nearest(server, known);
    return `there is no server "${clip(server, MAX_KEY)}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
  });
  return told.join('\n');
}

/** Says that a server is switched off, and how to switch it on. */
export function disabledServer(server: string): string {
  return `server "${server}" is disabled; to switch it on, have the user run: ${enableCommand(server)}`;
}

/**
 * Returns the reason why a server cannot be asked, or did not tell all of its tools; undefined if it can and did, or if
 * it starts and its tools are known already.
 */
function obstacle(upstream: Upstream): Unavailable | undefined {
  const { config, state, isKnown } = upstream;
  const server = config.key;
  if (state.status === 'needs_auth') {
    const how = `${HOW_TO_LOG_IN}, or have the user run: ${loginCommand(server)}`;
    return { server, state: 'needs_auth', error: escaped(state.error ?? how) };
  }
  const failure = failureIn(state);
  if (failure) return { server, state: 'failing', ...failure, error: told(failure.error) };
  const isNews = state.status === 'connecting' && (state.attempt > 1 || !isKnown);
  return isNews ? { server, state: 'connecting' } : describeMissingTools(upstream);
}

/** Returns an error, which may have words of a server, as an answer tells it. */
function told(error: string): string {
  return clip(escaped(error), MAX_ERROR);
}

/** Describes the tools that a server which can be asked does not tell; undefined if it tells all. */
function describeMissingTools({
  config,
  listRemark,
  isIncomplete,
  hasTools,
  leftOut,
}: Upstream): Unavailable | undefined {
  const [why] = leftOut.values();
  // Gives their number and not their names: the caller may not know of each.
  if (listRemark === undefined && why !== undefined) {
    const many = leftOut.size === 1 ? '1 tool was' : `${leftOut.size} tools were`;
    return { server: config.key, state: 'incomplete', error: `${many} left out: ${escaped(why)}` };
  }
  if (listRemark === undefined || (hasTools && !isIncomplete)) return undefined;
  const state = isIncomplete ? 'incomplete' : 'no_tools';
  return { server: config.key, state, error: told(listRemark) };
}
