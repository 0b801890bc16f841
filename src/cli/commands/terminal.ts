import type { Environment } from '../../config/substitute.ts';
import type { Signal } from '../../core/abort.ts';
import { GatewayError } from '../../core/errors.ts';
import { writeJson } from '../../core/exact-json.ts';
import { homeDirectory } from '../../platform/home-directory.ts';
import type { ClientHome } from '../client-configs/client.ts';

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

export function clientHome({ cwd, env, platform }: Terminal): ClientHome {
  return { home: homeDirectory(env), cwd, env, platform };
}

/**
 * Runs a command; resolves with its exit code. Where the gateway refuses, the cause is on stderr, and the code 1, 2 for
 * wrong arguments, 128 and the number of the signal that stopped it.
 */
export async function reporting({ writeError }: Terminal, name: string, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (thrown) {
    const error = forPeople(thrown);
    if (!(error instanceof GatewayError)) throw error;
    writeError(`mcp-gateway ${name}: ${shown(error.message)}\n`);
    return exitCodeOf(error);
  }
}

function exitCodeOf({ code, details }: GatewayError): number {
  if (code === 'CANCELLED' && typeof details.exitCode === 'number') return details.exitCode;
  return code === 'INVALID_ARGUMENTS' ? 2 : 1;
}

/** Says what was wrong with the command line; 2. */
export function misused({ writeError }: Terminal, name: string, what: string): number {
  writeError(`mcp-gateway ${name}: ${what}\nTry mcp-gateway ${name} --help\n`);
  return 2;
}

/** A text of a foreign file, without what could steer a terminal. */
export function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '�');
}

/** The same for a text of several lines: they and tabs stay, and so do the joiners of some scripts. */
export function shownText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}]/gu, '�');
}

/** A value as indented JSON; what could steer a terminal is escaped, which means the same. */
export function jsonText(value: unknown): string {
  const escaped = (text: string) =>
    Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  return `${writeJson(value, 2).replace(/(?!\n)[\p{Cc}\p{Cf}]/gu, escaped)}\n`;
}

/** A path as people write it. */
export function shownPath(path: string, home: string): string {
  return shown(path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
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

/** Advice of our errors that is meant for a model, and what a person at a terminal does instead. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    / Call again with a larger timeoutMs, or use invoke_async for long work\./,
    ' --timeout <seconds> gives it more time.',
  ],
  [
    / The gateway reconnects by itself; try again shortly, or use another tool\./,
    ' mcp-gateway doctor looks for the cause.',
  ],
  [/ Correct args and call again\./, ''],
  [/use search to find tools/, 'mcp-gateway search finds tools'],
  [/invoke any id that begins with "<server>::" to log in, or have the user run: /, 'log in with '],
  [/; to switch it on, have the user run: /, '; switch it on with '],
  [/, which begins when one of its tools is invoked, or with `([^`]*)`/, ': $1'],
];

/** An error with the cures that a person has, in place of those of a model. */
export function forPeople(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, message, details } = error;
  // The address leads back to this process, which ends.
  if (code === 'UPSTREAM_NEEDS_AUTH' && typeof details.url === 'string' && !message.includes('mcp-gateway login'))
    return new GatewayError(
      code,
      `server "${details.server}" needs a login: call it at a terminal, where you are shown the address`,
    );
  const said = ADVICE.reduce((text, [advice, instead]) => text.replace(advice, instead), message);
  return said === message ? error : new GatewayError(code, said, { details, cause: error });
}
