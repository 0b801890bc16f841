import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { GatewayError } from '../core/errors.ts';
import { writeJson } from '../core/exact-json.ts';
import { isJsonObject } from '../core/json.ts';
import { type ClippedLine, createLineSplitter, LineWriter } from '../platform/line-framing.ts';
import { signalGroup } from '../platform/process-group.ts';
import { type ChildOptions, guardGroup, releaseGroup, spawnChild, spawnFailure } from './child-process.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { redactedStart } from './redact.ts';
import { parseServerMessage, skippedAnswer, unreadableAnswer } from './server-message.ts';

/** Time in ms for a child to end by itself: after its stdin was closed, and after SIGTERM. Together well under 5 s. */
const EOF_GRACE_MS = 500;
const TERM_GRACE_MS = 1_500;
const POLL_MS = 20;
/** Most characters of the child's last stderr lines in the explanation of its end, and most lines kept for it. */
const STDERR_TAIL = 400;
const MAX_LAST_LINES = 20;
const MAX_UNHEARD = 100;
/** Longest excerpt of output that is no message, in characters. */
const MAX_EXCERPT = 120;
/**
 * Time in ms after `exit` for output that is still in the pipe. Bounded, because a grandchild may hold the pipe open
 * forever.
 */
const DRAIN_MS = 50;

/**
 * A server as a child process with JSON-RPC lines over its stdin and stdout.
 *
 * We do not use the SDK's transport, for four reasons. The child leads a process group, so that a server behind `npx`
 * or a shell ends with it. Its stderr is always drained. Long lines cost linear time. Its end is explained (exit code,
 * last words).
 */
export class ChildTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /** Blanks the secrets of the server's entry in a text. Without it no output of the child is repeated. */
  redact?: (text: string) => string;
  readonly #options: ChildOptions;
  #child: ChildProcess | undefined;
  #lines: LineWriter | undefined;
  #ended = false;
  /** True once it has written a protocol message. */
  #hasSpoken = false;
  /** True once `close` was called. */
  #isClosing = false;
  /** Takes the output after the last line break as a line. */
  #takeRest = () => {};
  readonly #lastLines: string[] = [];
  /** Lines of stderr before `onstderr` was set: the first lines of a child that was started ahead. */
  #earlyLines: string[] = [];
  #onStderrLine: ((line: string) => void) | undefined;
  #endCause = () => 'the process ended';
  /** Cause for which we end the process ourselves. It explains the end better than the exit code. */
  #fault: string | undefined;
  #swept: Promise<void> | undefined;
  #started: Promise<void> | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** Called with each line of the child's stderr, earlier lines included. */
  set onstderr(hear: (line: string) => void) {
    this.#onStderrLine = hear;
    for (const line of this.#earlyLines.splice(0)) hear(line);
  }

  /** Cause of the process's end; meaningful after `onclose`. */
  get endCause(): string {
    return this.#endCause();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the process runs; rejects if it cannot be started. A second call joins the first. */
  start(): Promise<void> {
    this.#started ??= this.#spawn();
    return this.#started;
  }

  async #spawn(): Promise<void> {
    const started = spawnChild(this.#options);
    // No `await` without need: a failure to start must be reported before anything that waits continues.
    const child = started instanceof Promise ? await started : started;
    this.#child = child;
    if (child.stdin) this.#lines = new LineWriter(child.stdin);
    this.#listen(child);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', () => {
        if (child.pid) guardGroup(child.pid);
        resolve();
      });
      child.once('error', (error) => reject(spawnFailure(error, this.#options)));
    });
  }

  #listen(child: ChildProcess): void {
    const split = createLineSplitter({
      maxBytes: MAX_MESSAGE_BYTES,
      onLine: (line) => this.#receive(line),
      onOverflow: (line) => this.#skip(line),
    });
    child.stdout?.on('data', split);
    this.#takeRest = () => split.end();
    const words = createLineSplitter({
      maxBytes: 64 * 1024,
      onLine: (line) => {
        this.#lastLines.push(line);
        if (this.#lastLines.length > MAX_LAST_LINES) this.#lastLines.shift();
        this.#emitStderr(line);
      },
      onOverflow: () => this.#emitStderr('(a line of more than 64 KB was skipped)'),
    });
    child.stderr?.on('data', words);
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      stream?.on('error', (error) => this.onerror?.(error));
    }
    child.stdin?.once('error', () => this.#closeWithoutPipe('closed its stdin'));
    child.stdout?.once('end', () => this.#closeWithoutPipe('closed its stdout'));
    child.once('error', () => this.#end(() => 'the process could not be started'));
    child.once('close', (code, signal) => this.#end(() => this.#explain(code, signal)));
    child.once('exit', (code, signal) => {
      this.#endCause = () => this.#explain(code, signal);
      // The timer may be due before the pipes were read, if the process was busy: one more turn reads them.
      setTimeout(() => setImmediate(() => this.#end(this.#endCause)), DRAIN_MS);
    });
  }

  #emitStderr(line: string): void {
    if (this.#onStderrLine) this.#onStderrLine(line);
    else if (this.#earlyLines.length < MAX_UNHEARD) this.#earlyLines.push(line);
  }

  #explain(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal ? `was ended by ${signal}` : `exited with code ${code}`;
    const isOther = code === 0 && !this.#hasSpoken && !this.#isClosing;
    const hint = isOther
      ? ' by itself, without a message: is it an MCP server over stdio, with the right arguments?'
      : '';
    const words = this.#lastWords();
    return `the process ${how}${hint}${words && `; it last said: ${words}`}`;
  }

  /** Returns the last lines of stderr, blanked before they are cut. Empty if the secrets are not known. */
  #lastWords(): string {
    const { redact } = this;
    return redact ? tailOf(this.#lastLines.map(redact).join(' ').trim()) : '';
  }

  /**
   * Closes a process without a pipe, because it cannot answer. One that is about to end gets 500 ms, because its exit
   * code explains more.
   */
  async #closeWithoutPipe(what: string): Promise<void> {
    if ((await this.#goneWithin(EOF_GRACE_MS)) || this.#ended) return;
    this.#fault ??= `the process ${what}`;
    await this.close();
  }

  #end(cause: () => string): void {
    if (this.#ended) return;
    this.#ended = true;
    const fault = this.#fault;
    this.#endCause = fault === undefined ? cause : () => fault;
    this.#swept = this.#sweep();
    // The last answer of a process may lack its line break.
    this.#takeRest();
    this.onclose?.();
  }

  /** Answers the call of a skipped line with an error, so that the call ends. */
  #skip(line: ClippedLine): void {
    this.onerror?.(new Error(`skipped a line of more than ${MAX_MESSAGE_BYTES} bytes on stdout`));
    const answer = skippedAnswer(line);
    if (answer) this.onmessage?.(answer);
  }

  #receive(line: string): void {
    let message: unknown;
    try {
      message = parseServerMessage(line);
    } catch (error) {
      this.#reportNoMessage(error instanceof Error ? error.message : 'what is not JSON', line);
      // A line that broke off gets no answer: the end of the process explains it.
      const answer = this.#ended ? undefined : unreadableAnswer(line, error);
      if (answer) this.onmessage?.(answer);
      return;
    }
    for (const each of Array.isArray(message) ? message : [message]) {
      if (isMessage(each)) {
        this.#hasSpoken = true;
        this.onmessage?.(each as JSONRPCMessage);
      } else this.#reportNoMessage('what is no JSON-RPC message', line);
    }
  }

  #reportNoMessage(what: string, line: string): void {
    const excerpt = this.redact ? redactedStart(line, this.redact, MAX_EXCERPT) : '';
    this.onerror?.(new Error(`wrote to stdout ${what}: ${excerpt}`));
  }

  /**
   * Resolves when the pipe has taken the line. Rejects with `UPSTREAM_UNAVAILABLE` if the server provably did not get
   * it.
   */
  send(message: JSONRPCMessage): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#ended || !this.#lines || !this.#child?.stdin?.writable) {
        return reject(new GatewayError('UPSTREAM_UNAVAILABLE', this.endCause));
      }
      this.#lines.write(writeJson(message), (error, alone) => {
        // A line that was written alone and failed cannot have arrived whole. Of several lines written together, some
        // may have.
        if (error) reject(inputClosed(error, alone));
        else resolve();
      });
    });
  }

  /** Asks the child to end (closes stdin, then SIGTERM), then kills its process group. Resolves when it is gone. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#isClosing = true;
    if (!child?.pid) return this.#end(() => 'closed');
    child.stdin?.end();
    if (!(await this.#goneWithin(EOF_GRACE_MS))) {
      signalGroup(child.pid, 'SIGTERM');
      await this.#goneWithin(TERM_GRACE_MS);
    }
    this.#end(() => 'closed');
    await this.#swept;
  }

  /** True if a write found its stdin closed: the process is ending or has ended. */
  get isDeaf(): boolean {
    return Boolean(this.#child?.stdin?.errored);
  }

  /**
   * Resolves when the end of a process that has exited, or whose stdin is closed, can be explained: its last words have
   * been read. Resolves after 500 ms at the latest, and at once for a process that runs.
   */
  async ownEnd(): Promise<void> {
    if (!this.#child?.pid) return;
    const deadline = Date.now() + EOF_GRACE_MS;
    while ((this.isDeaf || !this.#running()) && !this.#ended && Date.now() < deadline) await sleep(POLL_MS);
  }

  async #goneWithin(ms: number): Promise<boolean> {
    const deadline = Date.now() + ms;
    while (this.#running() && Date.now() < deadline) await sleep(POLL_MS);
    return !this.#running();
  }

  #running(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends the rest of the group: helpers that outlived the leader, or a leader that ignored SIGTERM. */
  async #sweep(): Promise<void> {
    const pid = this.#child?.pid;
    if (!pid) return;
    if (!this.#running() && signalGroup(pid, 'SIGTERM')) {
      const deadline = Date.now() + EOF_GRACE_MS;
      while (Date.now() < deadline && signalGroup(pid, 0)) await sleep(POLL_MS);
    }
    signalGroup(pid, 'SIGKILL');
    // Grandchildren may hold the pipes. Our ends are destroyed, so that we do not wait for them.
    for (const stream of [this.#child?.stdin, this.#child?.stdout, this.#child?.stderr]) stream?.destroy();
    releaseGroup(pid);
  }
}

/** True for a JSON-RPC message. Log lines may be JSON too, but lack all of these members. */
function isMessage(value: unknown): boolean {
  return isJsonObject(value) && ['method', 'id', 'result', 'error'].some((name) => name in value);
}

/** Returns the end of a text, from the beginning of a word on; at most 400 characters. */
function tailOf(text: string): string {
  if (text.length <= STDERR_TAIL) return text;
  return `…${text.slice(-STDERR_TAIL).replace(/^\S{0,40}\s+/, '')}`;
}

/** Makes the error for a pipe that did not take a line. The system's own text, "write EPIPE", says too little. */
function inputClosed({ code, message }: NodeJS.ErrnoException, isWhole: boolean): Error {
  const why = `the server closed its input or has ended (${code ?? message})`;
  return isWhole ? new GatewayError('UPSTREAM_UNAVAILABLE', why) : new Error(why);
}
