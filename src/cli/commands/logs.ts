import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import type { JsonObject } from '../../core/json.ts';
import { serverLogDirectory, serverLogFile } from '../../platform/server-logs.ts';
import { clientHome } from '../client-configs/client.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { displayPath } from '../terminal/text-layout.ts';
import type { CommandArguments } from './command.ts';
import { checkConfigured, readConfiguration } from './configuration.ts';
import { reportErrors, reportMisuse } from './report.ts';

const DEFAULT_LINES = 100;
/** Interval in ms between two reads of a followed log. */
const POLL_MS = 250;

/**
 * Implements `mcp-gateway logs <server>`: shows a server's stderr and the changes of its state, from every gateway that
 * ran it. Resolves with the exit code: 0, 1 no such server, 2 misused, 130 after Ctrl-C.
 */
export async function logs(args: CommandArguments, terminal: Terminal): Promise<number> {
  const [server, ...more] = args.words;
  if (server === undefined) return reportMisuse(terminal, 'logs', 'names no server; mcp-gateway list has their names');
  if (more.length > 0) return reportMisuse(terminal, 'logs', `found ${JSON.stringify(more[0])}, expected one server`);
  const lines = Number(args.limit ?? DEFAULT_LINES);
  if (!Number.isSafeInteger(lines) || lines < 0 || args.limit?.trim() === '')
    return reportMisuse(
      terminal,
      'logs',
      `found --limit ${JSON.stringify(args.limit)}, expected a whole number of lines`,
    );
  return reportErrors(terminal, 'logs', async () => {
    const path = serverLogFile(serverLogDirectory(terminal.env), server);
    if (!existsSync(path)) await checkServer(server, args, terminal);
    const tail = new LogTail(path);
    const before = tail.last(lines);
    if (before.length === 0 && !args.follow) {
      const where = displayPath(path, clientHome(terminal).home);
      terminal.writeError(`Nothing is kept of ${displayText(server)} so far; it will be in ${where}\n`);
    }
    show(before, args, terminal);
    return args.follow ? follow(tail, args, terminal) : 0;
  });
}

/**
 * Throws `SERVER_NOT_FOUND` if the server is not configured. Runs only for a server without a log: one that was
 * configured earlier may still have a log.
 */
async function checkServer(server: string, { config }: CommandArguments, terminal: Terminal): Promise<void> {
  checkConfigured([server], await readConfiguration(config, terminal));
}

function show(lines: readonly string[], { json }: CommandArguments, terminal: Terminal): void {
  const text = (line: string) => (json ? JSON.stringify(asJson(line)) : terminal.isTty ? displayText(line) : line);
  const write = json ? (terminal.writeExactly ?? terminal.write) : terminal.write;
  if (lines.length > 0) write(lines.map((line) => `${text(line)}\n`).join(''));
}

/** Splits a line of a log into its time, the process id of the gateway, its source and its text. */
function asJson(line: string): JsonObject {
  const [, time, pid, mark, text] = /^(\S+) (\d+) ([|*]) (.*)$/s.exec(line) ?? [];
  if (time === undefined) return { text: line };
  return { time, pid: Number(pid), from: mark === '|' ? 'server' : 'gateway', text: text ?? '' };
}

/** Follows the log until Ctrl-C, or until the reader of the output closes the pipe. */
async function follow(tail: LogTail, args: CommandArguments, terminal: Terminal): Promise<number> {
  const signal = terminal.interrupted?.();
  while (!signal?.aborted) {
    show(tail.more(), args, terminal);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      signal?.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
    });
  }
  const { exitCode } = (signal.reason as GatewayError).details;
  return typeof exitCode === 'number' ? exitCode : 130;
}

/** Reads the end of a log file and later additions to it, also after the file has been rotated. */
export class LogTail {
  readonly #path: string;
  /** Inode of the file read last, and the number of bytes read from it. */
  #inode = 0;
  #read = 0;
  /** The beginning of a line whose end is not yet written. */
  #begun = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Returns the last `count` lines; takes missing ones from the rotated file. */
  last(count: number): readonly string[] {
    const now = this.more();
    const before = now.length < count ? textOf(`${this.#path}.1`).split('\n').slice(0, -1) : [];
    return count === 0 ? [] : [...before, ...now].slice(-count);
  }

  /** Returns the lines added since the last read. */
  more(): readonly string[] {
    const text = this.#begun + this.#added();
    const lines = text.split('\n');
    this.#begun = lines.pop() ?? '';
    return lines;
  }

  #added(): string {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch {
      return '';
    }
    try {
      const { ino, size } = fstatSync(file);
      if (ino !== this.#inode || size < this.#read) this.#read = 0;
      this.#inode = ino;
      const bytes = Buffer.alloc(Math.max(0, size - this.#read));
      this.#read += readSync(file, bytes, 0, bytes.length, this.#read);
      return bytes.toString('utf8');
    } finally {
      closeSync(file);
    }
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
