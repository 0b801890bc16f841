import type { Environment } from '../../config/substitute.ts';
import type { Signal } from '../../core/abort.ts';

/** Where a command for people works and speaks. */
export interface Terminal {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** How this process was started: Node (or Bun) and the bin, both absolute. */
  readonly self: readonly [program: string, bin: string];
  /** Takes what was asked for (stdout); on a terminal each line is wrapped at its width, unless the text is JSON. */
  readonly write: (text: string) => void;
  /** The same, to the byte: what is not ours to wrap; absent: as `write`. */
  readonly writeExactly?: ((text: string) => void) | undefined;
  /** Takes why it failed (stderr). */
  readonly writeError: (text: string) => void;
  /** Asks a yes-or-no question; absent where nobody can be asked. */
  readonly ask?: ((question: string) => Promise<boolean>) | undefined;
  /** Whether a person sees what `write` takes; absent: a file or another program takes it. */
  readonly isTty?: boolean | undefined;
  /** The same of `writeError`. */
  readonly isErrorTty?: boolean | undefined;
  /** Width of what the person sees, in characters; absent: not known. */
  readonly columns?: number | undefined;
  /** Asks for a line; undefined at the end of the input or when `signal` aborts. Absent where nobody can be asked. */
  readonly prompt?: ((question: string, signal?: Signal) => Promise<string | undefined>) | undefined;
  /** All that comes from stdin. */
  readonly readInput?: (() => Promise<string>) | undefined;
  /**
   * From the first call on SIGINT, SIGTERM and SIGHUP do not end the process: they abort this, with a `CANCELLED` whose
   * details have the exit code. Absent: nobody interrupts.
   */
  readonly interrupted?: (() => AbortSignal) | undefined;
  /** Lines of stdin as they come, from a person or a pipe; once. */
  readonly lines?: (() => AsyncIterable<string>) | undefined;
}

/** How an answer is wanted. */
export interface AnswerForm {
  readonly json?: boolean | undefined;
  /** For people wherever it goes. */
  readonly human?: boolean | undefined;
}

/** Whether an answer is for people: on a terminal, unless JSON is wanted; elsewhere only where that is asked for. */
export function isForPeople({ json, human }: AnswerForm, { isTty }: Terminal): boolean {
  return !json && (human === true || isTty === true);
}
