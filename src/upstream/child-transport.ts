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

/** How long a child may take to end by itself: after its stdin closed, then after SIGTERM. Together well under 5 s. */
const EOF_GRACE_MS = 500;
const TERM_GRACE_MS = 1_500;
const POLL_MS = 20;
/** How much of what a child said last is told to explain its end, in characters, and how many lines are kept for that. */
const STDERR_TAIL = 400;
const MAX_LAST_LINES = 20;
const MAX_UNHEARD = 100;
/** Longest excerpt of what is no message, in characters. */
const MAX_EXCERPT = 120;
/** After `exit`, output still in the pipe gets this long to arrive; a grandchild may hold the pipe open for ever. */
const DRAIN_MS = 50;

/**
 * A server as a child process speaking JSON-RPC lines over its stdin and stdout.
 *
 * Ours instead of the SDK's for four reasons: the child leads a process group, so that a server behind `npx` or a shell
 * ends with it; its stderr is always drained; long lines cost linear time; its end is explained (exit code, last words).
 */
export class ChildTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /** Blanks the secrets of the server's entry in a text; without it nothing of what the child says is told. */
  redact?: (text: string) => string;
  readonly #options: ChildOptions;
  #child: ChildProcess | undefined;
  #lines: LineWriter | undefined;
  #ended = false;
  /** It has written a message of the protocol. */
  #hasSpoken = false;
  /** We are ending it. */
  #isClosing = false;
  /** Takes what it wrote after its last line break. */
  #takeRest = () => {};
  readonly #lastLines: string[] = [];
  /** Lines of stderr that nobody has heard yet, the first ones of a child that was started ahead. */
  #unheard: string[] = [];
  #hear: ((line: string) => void) | undefined;
  #endCause = () => 'the process ended';
  /** Why we end it ourselves; explains its end better than how it took that. */
  #fault: string | undefined;
  #swept: Promise<void> | undefined;
  #started: Promise<void> | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** Receives each line of the child's stderr, those before it included. */
  set onstderr(hear: (line: string) => void) {
    this.#hear = hear;
    for (const line of this.#unheard.splice(0)) hear(line);
  }

  /** Why the process ended; meaningful after `onclose`. */
  get endCause(): string {
    return this.#endCause();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the process runs; rejects when it cannot be started. A second call joins the first. */
  start(): Promise<void> {
    this.#started ??= this.#spawn();
    return this.#started;
  }

  async #spawn(): Promise<void> {
    const started = spawnChild(this.#options);
    // Not awaited in vain: that it could not be started is told before anything that waits goes on.
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
        this.#said(line);
      },
      onOverflow: () => this.#said('(a line of more than 64 KB was skipped)'),
    });
    child.stderr?.on('data', words);
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      stream?.on('error', (error) => this.onerror?.(error));
    }
    child.stdin?.once('error', () => this.#deaf('closed its stdin'));
    child.stdout?.once('end', () => this.#deaf('closed its stdout'));
    child.once('error', () => this.#end(() => 'the process could not be started'));
    child.once('close', (code, signal) => this.#end(() => this.#explain(code, signal)));
    child.once('exit', (code, signal) => {
      this.#endCause = () => this.#explain(code, signal);
      setTimeout(() => this.#end(this.#endCause), DRAIN_MS);
    });
  }

  #said(line: string): void {
    if (this.#hear) this.#hear(line);
    else if (this.#unheard.length < MAX_UNHEARD) this.#unheard.push(line);
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

  /** Blanked before it is cut. Told only where it is known what to blank. */
  #lastWords(): string {
    const { redact } = this;
    return redact ? endOf(this.#lastLines.map(redact).join(' ').trim()) : '';
  }

  /** Without a pipe nothing can be asked or answered. A process that is about to end explains itself. */
  async #deaf(what: string): Promise<void> {
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

  /** What cannot be taken must not leave its call without an answer. */
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
      this.#tellOdd(error instanceof Error ? error.message : 'what is not JSON', line);
      // What broke off is explained by the end of the process.
      const answer = this.#ended ? undefined : unreadableAnswer(line, error);
      if (answer) this.onmessage?.(answer);
      return;
    }
    for (const each of Array.isArray(message) ? message : [message]) {
      if (isMessage(each)) {
        this.#hasSpoken = true;
        this.onmessage?.(each as JSONRPCMessage);
      } else this.#tellOdd('what is no JSON-RPC message', line);
    }
  }

  #tellOdd(what: string, line: string): void {
    const excerpt = this.redact ? redactedStart(line, this.redact, MAX_EXCERPT) : '';
    this.onerror?.(new Error(`wrote to stdout ${what}: ${excerpt}`));
  }

  /** Resolves when the pipe has taken the line; rejects with `UPSTREAM_UNAVAILABLE` when the server provably did not get it. */
  send(message: JSONRPCMessage): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#ended || !this.#lines || !this.#child?.stdin?.writable) {
        return reject(new GatewayError('UPSTREAM_UNAVAILABLE', this.endCause));
      }
      this.#lines.write(writeJson(message), (error, alone) => {
        // Written by itself, a line that failed is not there with its end. Those that go out together: some may be.
        if (error) reject(inputClosed(error, alone));
        else resolve();
      });
    });
  }

  /** Asks the child to end (stdin closed, then SIGTERM), then kills its whole process group. Resolves when it is gone. */
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

  /** Whether it has closed its input while something was written to it: it is ending, or has ended. */
  get isDeaf(): boolean {
    return Boolean(this.#child?.stdin?.errored);
  }

  /** Resolves when a process that hears nothing any more has ended by itself, which explains it; in vain after `EOF_GRACE_MS`. */
  async ownEnd(): Promise<void> {
    const deadline = Date.now() + EOF_GRACE_MS;
    while (this.isDeaf && !this.#ended && Date.now() < deadline) await sleep(POLL_MS);
  }

  async #goneWithin(ms: number): Promise<boolean> {
    const deadline = Date.now() + ms;
    while (this.#running() && Date.now() < deadline) await sleep(POLL_MS);
    return !this.#running();
  }

  #running(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends what is left of the group: helpers that outlived the leader, or a leader that ignored SIGTERM. */
  async #sweep(): Promise<void> {
    const pid = this.#child?.pid;
    if (!pid) return;
    if (!this.#running() && signalGroup(pid, 'SIGTERM')) {
      const deadline = Date.now() + EOF_GRACE_MS;
      while (Date.now() < deadline && signalGroup(pid, 0)) await sleep(POLL_MS);
    }
    signalGroup(pid, 'SIGKILL');
    // Grandchildren may hold the pipes; our ends must not keep us waiting for them.
    for (const stream of [this.#child?.stdin, this.#child?.stdout, this.#child?.stderr]) stream?.destroy();
    releaseGroup(pid);
  }
}

/** Logs are JSON too, but nothing is asked or answered in them. */
function isMessage(value: unknown): boolean {
  return isJsonObject(value) && ['method', 'id', 'result', 'error'].some((name) => name in value);
}

/** The end of a text that may be long, from the beginning of a word on. */
function endOf(text: string): string {
  if (text.length <= STDERR_TAIL) return text;
  return `…${text.slice(-STDERR_TAIL).replace(/^\S{0,40}\s+/, '')}`;
}

/** Why a pipe did not take a line: "write EPIPE", and others that say as little. */
function inputClosed({ code, message }: NodeJS.ErrnoException, isWhole: boolean): Error {
  const why = `the server closed its input or has ended (${code ?? message})`;
  return isWhole ? new GatewayError('UPSTREAM_UNAVAILABLE', why) : new Error(why);
}
