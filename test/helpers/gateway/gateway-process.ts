import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { RawPeer } from '../clients/raw-peer.ts';
import { onLines } from '../system/lines.ts';
import { expectDead, processesWith, waitUntil } from '../system/processes.ts';

/** The built bin. */
export const BIN = fileURLToPath(new URL('../../../dist/index.js', import.meta.url));

/** Inherited by every process below a gateway, so that its orphans are found. */
const MARK = 'TEST_GATEWAY_MARK';

export type Ending = 'eof' | 'SIGINT' | 'SIGTERM' | 'SIGKILL';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly durationMs: number;
}

/** One run of the gateway's bin: its pipes, its log, its end. */
export class GatewayProcess {
  readonly peer: RawPeer;
  /** Lines of stderr that are JSON objects. */
  readonly logs: JsonObject[] = [];
  /** Lines of stderr that are not. */
  readonly noise: string[] = [];
  readonly #child: ChildProcess;
  readonly #mark = randomUUID();

  constructor(command: readonly [string, ...string[]], options: { cwd: string; env: NodeJS.ProcessEnv }) {
    const [file, ...args] = command;
    const env = { ...options.env, [MARK]: this.#mark };
    const child = spawn(file, args, { cwd: options.cwd, env, stdio: 'pipe' });
    this.#child = child;
    this.peer = new RawPeer(child.stdin, child.stdout);
    onLines(child.stderr, (line) => this.#log(line));
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Our ends of its pipes, for clients that do not read, or write what is no line. */
  get pipes(): { stdin: Writable; stdout: Readable; stderr: Readable } {
    const { stdin, stdout, stderr } = this.#child;
    return { stdin: stdin as Writable, stdout: stdout as Readable, stderr: stderr as Readable };
  }

  /** Undefined while it runs. */
  get exit(): Omit<Exit, 'durationMs'> | undefined {
    const { exitCode: code, signalCode: signal } = this.#child;
    return code === null && signal === null ? undefined : { code, signal };
  }

  /** Running processes that it started, directly or not, orphans included. */
  survivors(): number[] {
    return processesWith(MARK, this.#mark).filter((pid) => pid !== this.pid);
  }

  /** The first log line, written already or yet to come, whose JSON matches. */
  logged(pattern: RegExp, timeoutMs = 30_000): Promise<JsonObject> {
    const find = () => this.logs.find((line) => pattern.test(JSON.stringify(line)));
    return waitUntil(find, { timeoutMs, what: `log matches ${pattern}; log: ${this.tail()}` });
  }

  /** The last lines of stderr, for messages. */
  tail(): string {
    return [...this.logs.map((line) => JSON.stringify(line)), ...this.noise].slice(-30).join('\n');
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  /** Ends it in one of the ways it can end, and waits for that: 10 s, then it is killed and this throws. */
  async stop(ending: Ending = 'eof'): Promise<Exit> {
    const startedAt = performance.now();
    if (ending === 'eof') this.endInput();
    else this.#child.kill(ending);
    const exit = await this.exited();
    return { ...exit, durationMs: performance.now() - startedAt };
  }

  async exited(timeoutMs = 30_000): Promise<Omit<Exit, 'durationMs'>> {
    if (!this.exit) await once(this.#child, 'exit', { signal: AbortSignal.timeout(timeoutMs) }).catch(() => {});
    const { exit } = this;
    if (exit) return exit;
    this.#child.kill('SIGKILL');
    throw new Error(`The gateway did not end within ${timeoutMs} ms. Its log ends with:\n${this.tail()}`);
  }

  /** Ends it if it still runs, then checks that stdout was pure and that nothing it started is left. */
  async dispose(): Promise<void> {
    try {
      if (!this.exit) await this.stop();
      await expectDead(this.survivors());
    } finally {
      for (const pid of this.survivors()) process.kill(pid, 'SIGKILL');
    }
    await waitUntil(() => this.#child.stdout?.closed, { what: 'stdout of the gateway is closed' });
    expect(this.peer.impure, 'lines on stdout that are not JSON-RPC').toEqual([]);
  }

  #log(line: string): void {
    const parsed = parseObject(line);
    if (parsed) this.logs.push(parsed);
    else this.noise.push(line);
  }
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
