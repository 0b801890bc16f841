/** Longest message taken from an upstream, in bytes; an SDK client would give up at 10 MB. */
export const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

/** Time for the handshake, in ms: a cold `npx` server installs itself first. */
export const CONNECT_TIMEOUT_MS = 60_000;

/** Time for one page of a list, in ms. */
export const LIST_TIMEOUT_MS = 60_000;

/** Pages of one list that are read at most: 10,000 tools in pages of 5. */
export const MAX_LIST_PAGES = 2_000;

/** Quiet time after a `list_changed` before the list is read again, in ms: a hundred at once cost one reading. */
export const LIST_DEBOUNCE_MS = 100;

/** A connection that lived this long, in ms, resets the back-off; shorter lives keep it growing. */
export const STABLE_MS = 10_000;

/** Back-off before a reconnect, in ms: first, and longest. */
export const RETRY_FIRST_MS = 250;
export const RETRY_MAX_MS = 30_000;

/** The attempt, counted from 1 since the last stable life, from which on calls fail at once instead of waiting for it. */
export const ATTEMPT_NOT_WAITED_FOR = 3;

/** Longest that progress can keep a call alive whose caller asked for less, in ms. */
export const MAX_CALL_MS = 3_600_000;
