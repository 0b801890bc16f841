/** An answer that is being sent to a client. */
export interface Unread {
  /** Bytes of the answer that the client has not read yet. */
  bytes(): number;
  /** Ends the connection of the answer, and drops its unread bytes. */
  cut(): void;
}

/** The answers to one caller. */
export interface Account {
  /** Registers an answer. Returns the function to call when it has been sent or its connection is closed. */
  open(answer: Unread): () => void;
  /** Called after each write to an answer, with its unread bytes. */
  written(bytes: number): void;
}

interface Entry {
  readonly answer: Unread;
  /** Unread bytes at the last check. */
  bytes: number;
}

/** Unread bytes of one answer below which nothing is checked: the buffers of the system hold as much. */
const SMALL_BYTES = 64 * 1024;
/** Maximum unread bytes of a caller: beyond the first, answers that are not being read are cut; beyond the second, any. */
const MAX_STALLED_BYTES = 64 * 1024 * 1024;
const MAX_BYTES = 256 * 1024 * 1024;
/** Time in ms between two checks of all answers. An answer of which nothing was read in between is not being read. */
const LOOK_MS = 5_000;

/** Bounds the unread bytes of each caller over all its connections, as the gateway holds them in memory. */
export class UnreadAnswers {
  /** Open answers by caller, the oldest first. */
  readonly #callers = new Map<string, Set<Entry>>();
  readonly #lookMs: number;
  #looking: NodeJS.Timeout | undefined;

  constructor(lookMs = LOOK_MS) {
    this.#lookMs = lookMs;
  }

  of(caller: string): Account {
    return {
      open: (answer) => this.#open(caller, answer),
      written: (bytes) => {
        const entries = bytes < SMALL_BYTES ? undefined : this.#callers.get(caller);
        // The latest answer may be longer than the bound: its client has had no time to read it.
        if (entries) cutUntil(MAX_BYTES, [...entries].slice(0, -1), entries);
      },
    };
  }

  #open(caller: string, answer: Unread): () => void {
    const entry = { answer, bytes: 0 };
    const entries = this.#callers.get(caller) ?? new Set();
    this.#callers.set(caller, entries.add(entry));
    this.#looking ??= setTimeout(() => this.#look(), this.#lookMs).unref();
    return () => {
      if (entries.delete(entry) && entries.size === 0) this.#callers.delete(caller);
    };
  }

  #look(): void {
    for (const entries of [...this.#callers.values()]) {
      const stalled = [...entries].filter(({ answer, bytes }) => bytes > 0 && answer.bytes() >= bytes);
      cutUntil(MAX_STALLED_BYTES, stalled, entries);
      for (const entry of entries) entry.bytes = entry.answer.bytes();
    }
    this.#looking = this.#callers.size > 0 ? setTimeout(() => this.#look(), this.#lookMs).unref() : undefined;
  }
}

function cutUntil(maxBytes: number, candidates: readonly Entry[], all: Iterable<Entry>): void {
  let left = 0;
  for (const { answer } of all) left += answer.bytes();
  for (const { answer } of candidates) {
    if (left <= maxBytes) return;
    left -= answer.bytes();
    answer.cut();
  }
}
