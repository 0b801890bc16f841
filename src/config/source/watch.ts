import { type FSWatcher, watch } from 'node:fs';

/** Interval in ms between checks if the system grants no watch (inotify limits, unusual file systems). */
const POLL_MS = 2000;
/**
 * Most rounds of setting up watches: a directory that appears meanwhile causes another round. After the last, the next
 * event sets them up again.
 */
const MAX_ROUNDS = 10;

export interface ConfigWatch {
  close(): void;
}

/** The object whose changes are watched. */
export interface Watched {
  /** Returns a text that changes whenever the object does. */
  fingerprint(): string;
  /** Returns the directories in which its changes can be seen. */
  directories(): readonly string[];
  /** Returns true if a change of that name in a directory can matter. Absent: every change can. */
  concerns?(directory: string, name: string): boolean;
}

interface WatchOptions {
  readonly quietMs?: number | undefined;
  readonly known?: string | undefined;
}

/**
 * Calls `onChange` after a file was created, changed or removed and then stayed the same for `quietMs`. Never throws,
 * and never keeps the process running. `known` is the fingerprint of the files as they were read, so that a later change
 * counts. Absent: start the watch before reading the files, because a change in between would be missed.
 */
export function watchFiles(
  watched: Watched,
  onChange: () => void,
  { quietMs = 200, known }: WatchOptions = {},
): ConfigWatch {
  return new FileWatch(watched, onChange, quietMs, known);
}

class FileWatch implements ConfigWatch {
  readonly #watched: Watched;
  readonly #onChange: () => void;
  readonly #quietMs: number;
  #watchers: FSWatcher[] = [];
  #reported: string;
  #last: string;
  #quiet: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(watched: Watched, onChange: () => void, quietMs: number, known = watched.fingerprint()) {
    this.#watched = watched;
    this.#onChange = onChange;
    this.#quietMs = quietMs;
    this.#reported = this.#last = known;
    this.#arm();
    if (watched.fingerprint() !== this.#reported) this.#look();
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers.splice(0)) watcher.close();
    clearTimeout(this.#quiet);
    clearInterval(this.#poll);
  }

  /** Takes the fingerprint after an event, and waits to see if it stays the same. */
  #look(): void {
    if (this.#closed || this.#quiet) return;
    this.#last = this.#watched.fingerprint();
    this.#wait();
  }

  #wait(): void {
    this.#quiet = setTimeout(() => this.#settle(), this.#quietMs);
    this.#quiet.unref();
  }

  #settle(): void {
    this.#quiet = undefined;
    this.#arm();
    const now = this.#watched.fingerprint();
    const isQuiet = now === this.#last;
    this.#last = now;
    if (!isQuiet) this.#wait();
    else if (now !== this.#reported) {
      this.#reported = now;
      this.#onChange();
    }
  }

  /**
   * Sets up all watches anew, because a directory that was deleted and made again is another one with the same name.
   * The old watches end after that, so that no event is missed.
   */
  #arm(): void {
    const old = this.#watchers;
    this.#watchers = [];
    let watched: string[] = [];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const fresh = this.#watched.directories().filter((directory) => !watched.includes(directory));
      if (fresh.length === 0) break;
      for (const directory of fresh) this.#open(directory);
      watched = [...watched, ...fresh];
    }
    for (const watcher of old) watcher.close();
    this.#pollUnless(this.#watchers.length === watched.length);
  }

  #open(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (name === null || this.#watched.concerns?.(directory, name) !== false) this.#look();
      });
      watcher.on('error', () => this.#pollUnless(false));
      this.#watchers.push(watcher);
    } catch {
      // The watch was refused: `#arm` counts the watchers and polls instead.
    }
  }

  #pollUnless(isWatching: boolean): void {
    if (isWatching) {
      clearInterval(this.#poll);
      this.#poll = undefined;
    } else if (!this.#closed) {
      this.#poll ??= setInterval(() => this.#look(), POLL_MS).unref();
    }
  }
}
