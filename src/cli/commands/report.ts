import { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import type { Terminal } from '../terminal/terminal.ts';

/**
 * Runs a command; resolves with its exit code. Where the gateway refuses, the cause is on stderr, and the code 1, 2 for
 * wrong arguments, 128 and the number of the signal that stopped it.
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

/** Says what was wrong with the command line; 2. */
export function reportMisuse({ writeError }: Terminal, name: string, what: string): number {
  writeError(`mcp-gateway ${name}: ${what}\nTry mcp-gateway ${name} --help\n`);
  return 2;
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
