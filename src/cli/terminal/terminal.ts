import type { Environment } from '../../config/substitute.ts';
import type { Signal } from '../../core/abort.ts';

/** The surroundings of a command: directory, environment, output, and questions to the user. */
export interface Terminal {
  /** Absolute path of the working directory. */
  readonly cwd: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Command of this process: Node (or Bun) and the bin, both absolute. */
  readonly self: readonly [program: string, bin: string];
  /** Writes the answer to stdout; on a terminal each line is wrapped at its width, unless the text is JSON. */
  readonly write: (text: string) => void;
  /** Writes a text to stdout byte for byte, without wrapping; absent: `write` is used. */
  readonly writeExactly?: ((text: string) => void) | undefined;
  /** Writes messages and errors to stderr. */
  readonly writeError: (text: string) => void;
  /** Asks a yes-or-no question; absent if there is no terminal to ask on. */
  readonly ask?: ((question: string) => Promise<boolean>) | undefined;
  /** True if stdout is a terminal; absent if a file or another program reads it. */
  readonly isTty?: boolean | undefined;
  /** True if stderr is a terminal. */
  readonly isErrorTty?: boolean | undefined;
  /** Width of the terminal in columns; absent if unknown. */
  readonly columns?: number | undefined;
  /**
   * Asks for a line; resolves with undefined at the end of the input or when `signal` aborts. Absent if there is no
   * terminal to ask on.
   */
  readonly prompt?: ((question: string, signal?: Signal) => Promise<string | undefined>) | undefined;
  /** Reads stdin to its end. */
  readonly readInput?: (() => Promise<string>) | undefined;
  /**
   * Returns a signal. From the first call on, SIGINT, SIGTERM and SIGHUP do not end the process but abort this signal,
   * with a `CANCELLED` error whose details have the exit code. Absent: there are no interruptions.
   */
  readonly interrupted?: (() => AbortSignal) | undefined;
  /** Yields lines of stdin as they arrive, from a terminal or a pipe; can be called once. */
  readonly lines?: (() => AsyncIterable<string>) | undefined;
}

/** Options that select the form of an answer. */
export interface AnswerForm {
  readonly json?: boolean | undefined;
  /** True for the form for people, even if stdout is no terminal. */
  readonly human?: boolean | undefined;
}

/** True if an answer is for people: on a terminal unless `--json`, elsewhere only with `--human`. */
export function isForPeople({ json, human }: AnswerForm, { isTty }: Terminal): boolean {
  return !json && (human === true || isTty === true);
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Functions that colour a text, or return it unchanged if colours are off. */
export type Colors = Readonly<Record<keyof typeof CODES, (text: string) => string>>;

/**
 * Returns the colours for text on this stream: only on a terminal, unless `FORCE_COLOR` is set; never with `NO_COLOR`.
 */
export function colorsFor(
  { env, isTty, isErrorTty }: Pick<Terminal, 'env' | 'isTty' | 'isErrorTty'>,
  stream: 'output' | 'error' = 'output',
): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  const isForced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  const isSeen = (stream === 'output' ? isTty : isErrorTty) === true && TERM !== 'dumb' && FORCE_COLOR !== '0';
  const isOn = !NO_COLOR && (isForced || isSeen);
  const colours = Object.entries(CODES).map(([name, code]) => [
    name,
    (text: string) => (isOn && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text),
  ]);
  return Object.fromEntries(colours) as Colors;
}
