import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { processesWith, waitUntil } from '../../helpers/system/processes.ts';
import { atEnd, removeNow } from './at-end.ts';

/** Inherited by every process below, so that orphans are found. */
const MARK = 'PERFORMANCE_BENCH_MARK';
/** How long a process may take to end after its stdin did. */
const GRACE_MS = 5000;
const STDERR_CHARS = 2000;

/** A process that is being measured, and when it was spawned (`performance.now()`). */
export interface Subject {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  readonly spawnedAt: number;
  /** The end of what it wrote to stderr. */
  complaints(): string;
  /** Ends its stdin and waits for its end; kills it after five seconds. */
  stop(): Promise<void>;
}

/** Where all processes and folders of a run come from; nothing of either is left after `close`, or after the end of this process. */
export class Laboratory {
  readonly #folder = mkdtempSync(join(tmpdir(), 'performance-'));
  readonly #mark = randomUUID();
  readonly #running = new Set<Subject>();
  readonly #closed = atEnd(() => this.#remove());

  /** A new folder, which is a home of its own for the processes started in it. */
  folder(): string {
    return mkdtempSync(join(this.#folder, 'f-'));
  }

  /** Spawns a command in a folder with the environment that all subjects have: small, and nothing learnt before. */
  start(command: readonly string[], folder = this.folder(), more: NodeJS.ProcessEnv = {}): Subject {
    const [file = '', ...args] = command;
    const env = { ...environment(folder), ...more, [MARK]: this.#mark };
    const spawnedAt = performance.now();
    const child = spawn(file, args, { cwd: folder, env, stdio: 'pipe' });
    const subject = {
      child,
      pid: child.pid ?? NaN,
      spawnedAt,
      complaints: tailOf(child),
      stop: () => this.#stop(subject),
    };
    this.#running.add(subject);
    return subject;
  }

  /** Ends what still runs and removes the folders; throws when a process outlives that, after killing it. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map((subject) => subject.stop()));
    const gone = waitUntil(() => this.#survivors().length === 0, {
      timeoutMs: GRACE_MS,
      what: 'every process has ended',
    });
    await gone.finally(() => {
      this.#remove();
      this.#closed();
    });
  }

  #remove(): void {
    for (const { child } of this.#running) child.kill('SIGKILL');
    for (const pid of this.#survivors()) process.kill(pid, 'SIGKILL');
    removeNow(this.#folder);
  }

  #survivors(): number[] {
    return process.platform === 'linux' ? processesWith(MARK, this.#mark) : [];
  }

  async #stop(subject: Subject): Promise<void> {
    const { child } = subject;
    this.#running.delete(subject);
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exited = once(child, 'exit');
    child.stdin.end();
    await Promise.race([exited, delay(GRACE_MS, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await exited;
  }
}

function environment(folder: string): NodeJS.ProcessEnv {
  const { PATH, LANG, SystemRoot } = process.env;
  const [cache, data] = [join(folder, 'cache'), join(folder, 'data')];
  return { PATH, LANG, SystemRoot, HOME: folder, XDG_CACHE_HOME: cache, XDG_DATA_HOME: data };
}

function tailOf(child: ChildProcessWithoutNullStreams): () => string {
  let tail = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_CHARS);
  });
  child.on('error', ({ message }) => {
    tail += message;
  });
  // A process that has died refuses what is written to it; whoever waits for an answer is told by the end of its output.
  child.stdin.on('error', () => {});
  return () => tail;
}
