import { type FSWatcher, watch } from 'node:fs';
import { resolve } from 'node:path';
import { directoriesToWatch, fingerprint } from '../watched-file.ts';

/** Interval of the looks, in ms, when the system grants no watch (inotify limits, odd file systems). */
const POLL_MS = 2000;
/** A directory that appears while we arm makes us arm again; at this many the next event will have to do. */
const MAX_ROUNDS = 10;

export interface ConfigWatch {
  close(): void;
}

/** The source of changes that a watch looks at. */
export interface Watched {
  /** A text that changes whenever it does. */
  fingerprint(): string;
  /** Directories in which its changes show. */
  directories(): readonly string[];
  /** True if a change of that name in one of them can matter; absent: it can. */
  concerns?(directory: string, name: string): boolean;
}

interface WatchOptions {
  readonly quietMs?: number | undefined;
  readonly known?: string | undefined;
}

/**
 * Calls back after the file appeared, changed or went, once it stayed the same for `quietMs`.
 * Never throws, never keeps the process alive. `known` is the fingerprint of the file as it was read: a change since then
 * counts; absent: start the watch before reading the file, or a change in between is missed.
 */
export function watchConfig(path: string, onChange: () => void, options?: WatchOptions): ConfigWatch {
  const file = resolve(path);
  return watchFiles(
    { fingerprint: () => fingerprint(file), directories: () => directoriesToWatch(file) },
    onChange,
    options,
  );
}

/** As `watchConfig`, for more than one file. */
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

  /** Something happened nearby: remember how the file is now, and see whether it stays so. */
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

  /** Watches anew: a directory deleted and made again has the old name but is another one. New before old, so nothing is missed. */
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
      // No watch to be had: `#arm` counts the watchers and polls instead.
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
