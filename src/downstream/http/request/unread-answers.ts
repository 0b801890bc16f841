/** Something that is on its way to a client. */
export interface Unread {
  /** What the client has left unread of it, in bytes. */
  bytes(): number;
  /** Ends its connection: what is unread is given up. */
  cut(): void;
}

/** The answers to one caller. */
export interface Account {
  /** An answer begins. To be called, the returned one, when nothing of it is left. */
  open(answer: Unread): () => void;
  /** Something was written to an answer, of which as much is unread, in bytes. */
  written(bytes: number): void;
}

interface Entry {
  readonly answer: Unread;
  /** As of the last look. */
  bytes: number;
}

/** What of one answer the system takes off our hands anyway, in bytes: below it nothing is looked at. */
const SMALL_BYTES = 64 * 1024;
/** What a caller may leave unread, in bytes: beyond the first those answers are cut that it does not read, beyond the second any. */
const MAX_STALLED_BYTES = 64 * 1024 * 1024;
const MAX_BYTES = 256 * 1024 * 1024;
/** Time in ms between two looks at all answers: one of which nothing was read meanwhile counts as not read. */
const LOOK_MS = 5_000;

/** What callers have not read of their answers: bounded in bytes for each, as it is memory of ours, over all its connections. */
export class UnreadAnswers {
  /** The oldest answer first. */
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
        // The latest may be longer than all that is allowed: nobody has had the time to read it.
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
