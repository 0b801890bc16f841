import { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import type { Terminal } from '../terminal/terminal.ts';

/**
 * Runs a command; resolves with its exit code. If it throws a `GatewayError`, writes the cause to stderr and resolves
 * with 1, with 2 for wrong arguments, or with 128 plus the number of the signal that stopped it.
 */
export async function reportErrors(
  { writeError }: Terminal,
  name: string,
  run: () => Promise<number>,
): Promise<number> {
  try {
    return await run();
  } catch (thrown) {
    const error = forPeople(thrown);
    if (!(error instanceof GatewayError)) throw error;
    writeError(`mcp-gateway ${name}: ${displayText(error.message)}\n`);
    return exitCodeOf(error);
  }
}

function exitCodeOf({ code, details }: GatewayError): number {
  if (code === 'CANCELLED' && typeof details.exitCode === 'number') return details.exitCode;
  return code === 'INVALID_ARGUMENTS' ? 2 : 1;
}

/** Reports the flaw of a command line; returns the exit code 2. */
export function reportMisuse({ writeError }: Terminal, name: string, what: string): number {
  writeError(`mcp-gateway ${name}: ${what}\nTry mcp-gateway ${name} --help\n`);
  return 2;
}

/** Advice for a model in our errors, and its replacement for a person at a terminal. */
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

/** Returns an error with advice for a person in place of that for a model. */
export function forPeople(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, message, details } = error;
  // The login address would lead back to this process, which ends.
  if (code === 'UPSTREAM_NEEDS_AUTH' && typeof details.url === 'string' && !message.includes('mcp-gateway login'))
    return new GatewayError(
      code,
      `server "${details.server}" needs a login: call it at a terminal, where you are shown the address`,
    );
  const said = ADVICE.reduce((text, [advice, instead]) => text.replace(advice, instead), message);
  return said === message ? error : new GatewayError(code, said, { details, cause: error });
}
