import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onLines } from '../helpers/system/lines.ts';
import type { HostHome } from './host-home.ts';

export interface HostExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A host that runs, in a process group of its own as a terminal would give it one. */
export class HostProcess {
  /** Lines of stdout so far. */
  readonly lines: string[] = [];
  readonly #errors: string[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown[]>;

  constructor(home: HostHome, [program = '', ...args]: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawn(program, args, {
      cwd: home.project,
      env: { ...home.env, ...env },
      stdio: 'pipe',
      detached: true,
    });
    this.#child = child;
    this.#closed = once(child, 'close');
    // What is written to a host that has ended is lost; that it has ended is seen by all who wait for it.
    child.stdin.on('error', () => {});
    onLines(child.stdout, (line) => this.lines.push(line));
    onLines(child.stderr, (line) => this.#errors.push(line));
  }

  /** All that it has said, for messages. */
  get said(): string {
    return [...this.lines, ...this.#errors].join('\n');
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  /** Ctrl-C: the signal goes to all that was started in its terminal. */
  interrupt(): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGINT');
  }

  /** A signal to the host alone. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when it has ended and its output is read; after `timeoutMs` it is killed, and this throws. */
  async ended(timeoutMs = 100_000): Promise<HostExit> {
    let late = false;
    const timer = setTimeout(() => {
      late = this.#child.kill('SIGKILL');
    }, timeoutMs);
    await this.#closed;
    clearTimeout(timer);
    if (late) throw new Error(`It did not end within ${timeoutMs} ms`);
    const { exitCode: code, signalCode: signal } = this.#child;
    return { code, signal };
  }
}
