import { type FSWatcher, readlinkSync, statSync, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fingerprint } from './fingerprint.ts';

/** How often to look when the system grants no watch (inotify limits, odd file systems). */
const POLL_MS = 2000;
/** As many as the kernel follows before it says ELOOP. */
const MAX_LINKS = 40;
/** A directory that appears while we arm makes us arm again; at this many the next event will have to do. */
const MAX_ROUNDS = 10;

export interface ConfigWatch {
  close(): void;
}

/**
 * Calls back after the file appeared, changed or went, once it stayed the same for `quietMs`.
 * Never throws, never keeps the process alive. `known` is the fingerprint of the file as it was read: a change since then
 * counts; absent: start the watch before reading the file, or a change in between is missed.
 */
export function watchConfig(
  path: string,
  onChange: () => void,
  { quietMs = 200, known }: { quietMs?: number; known?: string } = {},
): ConfigWatch {
  return new FileWatch(resolve(path), onChange, quietMs, known);
}

class FileWatch implements ConfigWatch {
  readonly #path: string;
  readonly #onChange: () => void;
  readonly #quietMs: number;
  #watchers: FSWatcher[] = [];
  #reported: string;
  #last: string;
  #quiet: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(path: string, onChange: () => void, quietMs: number, known = fingerprint(path)) {
    this.#path = path;
    this.#onChange = onChange;
    this.#quietMs = quietMs;
    this.#reported = this.#last = known;
    this.#arm();
    if (fingerprint(path) !== this.#reported) this.#look();
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
    this.#last = fingerprint(this.#path);
    this.#wait();
  }

  #wait(): void {
    this.#quiet = setTimeout(() => this.#settle(), this.#quietMs);
    this.#quiet.unref();
  }

  #settle(): void {
    this.#quiet = undefined;
    this.#arm();
    const now = fingerprint(this.#path);
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
      const fresh = directoriesToWatch(this.#path).filter((directory) => !watched.includes(directory));
      if (fresh.length === 0) break;
      for (const directory of fresh) this.#open(directory);
      watched = [...watched, ...fresh];
    }
    for (const watcher of old) watcher.close();
    this.#pollUnless(this.#watchers.length === watched.length);
  }

  #open(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, () => this.#look());
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

/** The directory of the file and of each file it links to, or the nearest above that exists. */
function directoriesToWatch(path: string): string[] {
  const directories = new Set<string>();
  let file: string | undefined = path;
  for (let hop = 0; file !== undefined && hop < MAX_LINKS; hop++) {
    directories.add(nearestDirectory(dirname(file)));
    file = linkTarget(file);
  }
  return [...directories];
}

function linkTarget(file: string): string | undefined {
  try {
    return resolve(dirname(file), readlinkSync(file));
  } catch {
    return undefined;
  }
}

function nearestDirectory(directory: string): string {
  const parent = dirname(directory);
  return parent === directory || isDirectory(directory) ? directory : nearestDirectory(parent);
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
