import { constants } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Signal } from '../../core/abort.ts';
import { GatewayError } from '../../core/errors.ts';
import { STOP_SIGNALS } from '../../platform/process.ts';
import type { Terminal } from './terminal.ts';
import { wrapLines } from './text-layout.ts';

/** Exit code after SIGPIPE, as `exitCodeOf` computes it. */
const BROKEN_PIPE = 141;

/** Returns the exit code with which shells report a program ended by a signal: 128 plus the signal's number. */
function exitCodeOf(signal: (typeof STOP_SIGNALS)[number]): number {
  return 128 + constants.signals[signal];
}

/** Returns the surroundings of this process, with its terminal or pipes. */
export function processTerminal(): Terminal {
  const { env, platform, execPath, argv, stdin, stdout, stderr } = process;
  const prompt = stdin.isTTY && stderr.isTTY ? lineByLine() : undefined;
  // The reader of our output may close the pipe (`| head`), which is no error of ours.
  stdout.on('error', () => {});
  stderr.on('error', () => {});
  // Some pseudo-terminals report 0 columns: the width is unknown.
  const columns = () => stdout.columns || stderr.columns || undefined;
  const wrapped = (said: string, stream: { isTTY: boolean }) =>
    stream.isTTY && !isJson(said) ? wrapLines(said, columns()) : said;
  return {
    ...{ cwd: process.cwd(), env, platform, self: [execPath, resolve(argv[1] ?? '')] },
    write: (said) => void stdout.write(wrapped(said, stdout)),
    writeExactly: (said) => void stdout.write(said),
    writeError: (said) => void stderr.write(wrapped(said, stderr)),
    isTty: stdout.isTTY,
    isErrorTty: stderr.isTTY,
    get columns() {
      return columns();
    },
    prompt,
    ask: prompt && stdout.isTTY ? async (question) => isYes(await prompt(`${question} [y/N] `)) : undefined,
    readInput: () => text(stdin),
    lines: () => createInterface({ input: stdin }),
    interrupted,
  };
}

/**
 * Resolves when the whole output has been written to its reader: an earlier exit would lose the text that a full pipe
 * has not yet taken. A signal ends the process.
 */
export async function written(): Promise<void> {
  const pending = [process.stdout, process.stderr].filter(({ writableLength }) => writableLength > 0);
  if (pending.length === 0) return;
  for (const signal of STOP_SIGNALS) process.on(signal, () => process.exit(exitCodeOf(signal)));
  await Promise.all(pending.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))));
}

/** True if a text is JSON, which is not wrapped because a program or an editor reads it. */
function isJson(text: string): boolean {
  if (!/^[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** True if the answer is `y` or `yes`; false for any other text and at the end of the input. */
function isYes(answer = ''): boolean {
  return /^y(?:es)?$/i.test(answer.trim());
}

/**
 * Returns a prompt that reads lines as the terminal itself edits them: in raw mode this process would get no Ctrl-C,
 * and would lose text typed between two questions. Writes questions to stderr, because stdout is for the command's
 * answer.
 */
function lineByLine(): NonNullable<Terminal['prompt']> {
  const typed: string[] = [];
  let isOpen: boolean | undefined;
  let changed = () => {};
  const listen = () => {
    const lines = createInterface({ input: process.stdin, terminal: false });
    isOpen = true;
    lines.on('line', (line) => {
      typed.push(line);
      changed();
    });
    lines.on('close', () => {
      isOpen = false;
      changed();
    });
  };
  return async (question: string, signal?: Signal) => {
    if (isOpen === undefined) listen();
    process.stderr.write(question);
    while (typed.length === 0 && isOpen && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        changed = resolve;
        signal?.addEventListener('abort', resolve, { once: true });
      });
    }
    return signal?.aborted ? undefined : typed.shift();
  };
}

let interruption: AbortController | undefined;

/**
 * Returns a signal that the first SIGINT, SIGTERM or SIGHUP, or the end of stdout's reader, aborts. A second one ends
 * the process at once.
 */
function interrupted(): AbortSignal {
  if (interruption) return interruption.signal;
  const controller = new AbortController();
  interruption = controller;
  const stop = (exitCode: number, by: string) => {
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort(new GatewayError('CANCELLED', `stopped by ${by}`, { details: { exitCode } }));
  };
  for (const signal of STOP_SIGNALS)
    process.on(signal, () => stop(exitCodeOf(signal), signal === 'SIGINT' ? 'Ctrl-C' : signal));
  process.stdout.on('error', () => controller.signal.aborted || stop(BROKEN_PIPE, 'whoever read what it wrote'));
  return controller.signal;
}

const NOTICE = `mcp-gateway serves an MCP client over stdio: it waits for JSON-RPC, a message a line, on stdin.
A client starts it by itself: mcp-gateway install <client> writes its entry. Commands for people: mcp-gateway --help
Ctrl-C or Ctrl-D ends it.
`;

/**
 * Writes to a terminal that the gateway expects a client on stdin: a person who started it there would wait in vain.
 */
export function tellPerson(): void {
  process.stderr.write(wrapLines(NOTICE, process.stderr.columns));
}
