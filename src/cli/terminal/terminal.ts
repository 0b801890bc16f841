import type { Environment } from '../../config/substitute.ts';
import type { Signal } from '../../core/abort.ts';

/** The surroundings of a command: directory, environment, output, and the person to ask. */
export interface Terminal {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Command of this process: Node (or Bun) and the bin, both absolute. */
  readonly self: readonly [program: string, bin: string];
  /** Writes the answer to stdout; on a terminal each line is wrapped at its width, unless the text is JSON. */
  readonly write: (text: string) => void;
  /** Writes to stdout byte for byte, for text of others; absent: as `write`. */
  readonly writeExactly?: ((text: string) => void) | undefined;
  /** Writes why a command failed to stderr. */
  readonly writeError: (text: string) => void;
  /** Asks a yes-or-no question; absent where nobody can be asked. */
  readonly ask?: ((question: string) => Promise<boolean>) | undefined;
  /** True: stdout is a terminal. Absent: a file or another program reads it. */
  readonly isTty?: boolean | undefined;
  /** True: stderr is a terminal. */
  readonly isErrorTty?: boolean | undefined;
  /** Width of the terminal in columns; absent: not known. */
  readonly columns?: number | undefined;
  /** Asks for a line; undefined at the end of the input or when `signal` aborts. Absent where nobody can be asked. */
  readonly prompt?: ((question: string, signal?: Signal) => Promise<string | undefined>) | undefined;
  /** Reads stdin to its end. */
  readonly readInput?: (() => Promise<string>) | undefined;
  /**
   * From the first call on SIGINT, SIGTERM and SIGHUP do not end the process: they abort this, with a `CANCELLED` whose
   * details have the exit code. Absent: there are no interruptions.
   */
  readonly interrupted?: (() => AbortSignal) | undefined;
  /** Lines of stdin as they come, from a person or a pipe; once. */
  readonly lines?: (() => AsyncIterable<string>) | undefined;
}

/** Options for the form of an answer. */
export interface AnswerForm {
  readonly json?: boolean | undefined;
  /** For people wherever it goes. */
  readonly human?: boolean | undefined;
}

/** True where an answer is for people: on a terminal unless `--json`, elsewhere only with `--human`. */
export function isForPeople({ json, human }: AnswerForm, { isTty }: Terminal): boolean {
  return !json && (human === true || isTty === true);
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Texts in colour, or as they are. */
export type Colors = Readonly<Record<keyof typeof CODES, (text: string) => string>>;

/** Colours for text on that stream: on a terminal only, unless `FORCE_COLOR` is set; never with `NO_COLOR`. */
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
