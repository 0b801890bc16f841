/** Longest message taken from an upstream, in bytes; an SDK client would give up at 10 MB. */
export const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

/** Time for the start of a server, in ms, until it has answered the handshake. */
export const START_TIMEOUT_MS = 60_000;

/** The same for a process that goes on, in ms: a first `npx`, `uvx` or `docker` has to fetch what it runs. */
export const LONGEST_START_MS = 300_000;

/** Time for the answer to a probe, in ms, before a server counts as one that does not know it: a process has to start first. */
export const PROBE_MS = { stdio: 20_000, streamable_http: 5_000, sse: 5_000, websocket: 5_000 };

/** Silence over Streamable HTTP, in ms, after which the older transport is tried beside it. */
export const SILENCE_MS = PROBE_MS.streamable_http + 1_000;

/** Time for one page of a list, in ms. */
export const LIST_TIMEOUT_MS = 60_000;

/** The same where a server does not say that it has such a list: some say nothing to what they do not know. */
export const UNDECLARED_LIST_MS = 5_000;

/** Quiet time after a `list_changed` before the list is read again, in ms: a hundred at once cost one reading. */
export const LIST_DEBOUNCE_MS = 100;

/** A connection that lived this long, in ms, resets the back-off; shorter lives keep it growing. */
export const STABLE_MS = 10_000;

/** Back-off before a reconnect, in ms: first, and longest. */
export const RETRY_FIRST_MS = 250;
export const RETRY_MAX_MS = 30_000;

/** Longest that progress can keep a call alive whose caller asked for less, in ms. */
export const MAX_CALL_MS = 3_600_000;

/** Time in ms for which a remembered catalog counts as fresh: servers are updated, and a start a day finds out. */
export const FRESH_MS = 24 * 3_600_000;

/** Quiet time after which a server that holds no state is stopped, in ms, where its entry says nothing. */
export const IDLE_STOP_MS = 10 * 60_000;

/** Requests in a row that may fail while their connection stands; with the last of them it is given up. */
export const MAX_FAILURES_IN_A_ROW = 5;

/** Answer time of a server that has gone silent, in ms, before its connection counts as lost. */
export const PING_TIMEOUT_MS = 5_000;
