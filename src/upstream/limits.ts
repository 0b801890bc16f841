/** Longest message accepted from a server, in bytes. An SDK client would stop at 10 MB. */
export const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

/** Time in ms for a server to start and answer the handshake. */
export const START_TIMEOUT_MS = 60_000;

/** The same in ms for a process that keeps running: a first `npx`, `uvx` or `docker` has to download its program. */
export const LONGEST_START_MS = 300_000;

/**
 * Time in ms for the answer to a probe, by transport, before the server counts as one of an older era. A process has to
 * start first.
 */
export const PROBE_MS = { stdio: 20_000, streamable_http: 5_000, sse: 5_000, websocket: 5_000 };

/** Time in ms without an answer over Streamable HTTP after which the older transport is tried in parallel. */
export const SILENCE_MS = PROBE_MS.streamable_http + 1_000;

/** Time for one page of a list, in ms. */
export const LIST_TIMEOUT_MS = 60_000;

/**
 * The same in ms if the server does not declare such a list: some servers never answer a method that they do not know.
 */
export const UNDECLARED_LIST_MS = 5_000;

/** Time in ms after the last `list_changed` before the list is read again: a hundred of them cause one reading. */
export const LIST_DEBOUNCE_MS = 100;

/** Life of a connection in ms after which the back-off starts anew. After a shorter one it grows. */
export const STABLE_MS = 10_000;

/** Back-off before a reconnect, in ms: first, and longest. */
export const RETRY_FIRST_MS = 250;
export const RETRY_MAX_MS = 30_000;

/** Longest time in ms to which progress can extend a call, unless its caller asked for more. */
export const MAX_CALL_MS = 3_600_000;

/** Time in ms for which a remembered catalog is fresh. Servers are updated, and one start a day notices that. */
export const FRESH_MS = 24 * 3_600_000;

/** Time in ms without use after which a stateless server is stopped, if its entry does not say otherwise. */
export const IDLE_STOP_MS = 10 * 60_000;

/** Number of failed requests in a row at which an open connection is closed. */
export const MAX_FAILURES_IN_A_ROW = 5;

/** Time in ms for the answer to a ping before the connection counts as lost. */
export const PING_TIMEOUT_MS = 5_000;
