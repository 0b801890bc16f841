import { parseArgs } from 'node:util';
import { isConfigPath } from '../../config/locate.ts';
import { causeOf } from '../../core/errors.ts';
import { VERSION } from '../../version.ts';
import { type Command, OPTIONS } from './command.ts';
import { COMMANDS } from './table.ts';

/** Options for serving a client over stdio, that is without a command. */
const SERVE_OPTIONS = ['config', 'no-project', 'shared'];

/** True for the name of a command, which takes precedence over a configuration file of that name. */
export function isCommand(word: string): boolean {
  return word === 'help' || commandNamed(word) !== undefined;
}

/** Runs a command, or reports the flaw of a command line; resolves with the exit code. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const parsed = parse(argv);
  if ('refused' in parsed) return misuse(await refusedText(parsed.refused, argv));
  const { help, version, ...values } = parsed.values;
  const [first, ...words] = parsed.positionals;
  if (version) return print(`${VERSION}\n`);
  const named = first === 'help' ? words[0] : first;
  const command = commandNamed(named);
  if (!command && named !== undefined && named !== 'help' && !isConfigPath(named)) return unknown(named);
  if (first === 'help' || help) return showHelp(command);
  const wrong = foreignOption(Object.keys(values), command);
  if (wrong !== undefined) return misuse(wrong);
  if (!command) return misuse('one configuration file at a time');
  const { processTerminal, written } = await import('../terminal/process-terminal.ts');
  try {
    return await command.run({ ...values, words }, processTerminal());
  } finally {
    await written();
  }
}

function commandNamed(name: string | undefined): Command | undefined {
  return name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

/** Returns the message for an option that belongs only to other commands; undefined if all options fit. */
function foreignOption(names: readonly string[], command: Command | undefined): string | undefined {
  const own = command ? Object.keys(command.options) : SERVE_OPTIONS;
  const foreign = names.find((name) => !own.includes(name));
  if (foreign === undefined) return undefined;
  const owners = Object.keys(COMMANDS).filter((name) => foreign in (commandNamed(name)?.options ?? {}));
  if (owners.length === 0) return `--${foreign} belongs to mcp-gateway without a command`;
  return `--${foreign} belongs to mcp-gateway ${owners.join(', ')}`;
}

async function showHelp(command: Command | undefined): Promise<number> {
  const { commandHelp, generalHelp } = await import('./help.ts');
  const { processTerminal } = await import('../terminal/process-terminal.ts');
  processTerminal().write(command ? commandHelp(command) : generalHelp(COMMANDS));
  return 0;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    return { refused: causeOf(error) };
  }
}

async function refusedText(cause: string, argv: readonly string[]): Promise<string> {
  const { firstWord, refusedOption } = await import('./help.ts');
  const command = commandNamed(firstWord(argv));
  return refusedOption(cause, argv, command ? [...Object.keys(command.options), 'help'] : SERVE_OPTIONS);
}

/**
 * Reports a word that names neither a command nor a configuration file as a mistyped command: served as a file, it
 * would leave a client waiting forever.
 */
async function unknown(name: string): Promise<number> {
  const { unknownCommand } = await import('./help.ts');
  return misuse(unknownCommand(name, COMMANDS));
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

async function misuse(what: string): Promise<number> {
  const { processTerminal } = await import('../terminal/process-terminal.ts');
  processTerminal().writeError(`mcp-gateway: ${what}\nTry mcp-gateway --help\n`);
  return 2;
}
