import { suggestion } from '../../config/diagnostic.ts';
import { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { nearest } from '../../core/nearest.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandArguments } from './command.ts';
import {
  askForOne,
  listPrimitives,
  type PrimitivesCommand,
  type PrimitivesTable,
  tellMissing,
  withPrimitives,
  writeAnswer,
  writeLists,
  wrongVerb,
} from './resources-and-prompts.ts';

/**
 * Implements `mcp-gateway prompts` and `prompts get <name> [key=value…]`: lists the servers' prompts, or fetches one.
 * Resolves with the exit code.
 */
export async function prompts(args: CommandArguments, terminal: Terminal): Promise<number> {
  const command: PrimitivesCommand = { kind: 'prompt', lists: ['prompts'], args, terminal };
  const [, name, ...words] = args.words;
  const wrong = wrongVerb(command, 'get <name>') ?? wrongWord(words);
  return withPrimitives(command, wrong, async (local, answerMs) => {
    const all = await listPrimitives(local, 'prompts/list', 'prompts');
    if (name === undefined) {
      tellMissing('prompts', local, terminal);
      return writeLists(command, { prompts: all }, TABLE);
    }
    const given = argumentsOf(words);
    const prompt = all.find((each) => each.name === name);
    if (prompt) checkArguments(prompt, given, terminal);
    const request = { method: 'prompts/get', params: { name, arguments: given }, name, answerMs: answerMs() };
    const result = await askForOne(command, local, request, async () => all.map((each) => String(each.name)));
    return writeAnswer(command, { result, content: contentOf(result, terminal), file: name });
  });
}

function wrongWord(words: readonly string[]): string | undefined {
  const word = words.find((each) => each.indexOf('=') < 1);
  return word === undefined ? undefined : `found ${JSON.stringify(displayText(word))}, expected key=value`;
}

/** Splits `key=value` words; arguments of prompts are always strings. */
function argumentsOf(words: readonly string[]): JsonObject {
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
}

/**
 * Throws if required arguments are missing, before the server is asked; only warns of unknown ones, which the server
 * may accept.
 */
function checkArguments({ name, arguments: taken }: JsonObject, given: JsonObject, terminal: Terminal): void {
  const known = argumentsTaken(taken);
  const names = known.map((each) => String(each.name));
  const prompt = `prompt ${JSON.stringify(name)}`;
  const unknown = Object.keys(given)
    .filter((each) => !names.includes(each))
    .map((each) => `has no argument ${JSON.stringify(each)}${suggestion(nearest(each, names))}`);
  const takes = `it takes ${argumentNames(taken).join(' ') || 'none'}`;
  const missing = known.filter((each) => each.required === true && !Object.hasOwn(given, String(each.name)));
  if (missing.length > 0) {
    const wants = `${prompt} wants ${missing.map((each) => `${each.name}=…`).join(' ')}`;
    throw new GatewayError(
      'INVALID_ARGUMENTS',
      displayText([wants, takes, ...unknown.map((text) => `it ${text}`)].join('; ')),
    );
  }
  for (const text of unknown)
    terminal.writeError(`mcp-gateway prompts: ${displayText(`${prompt} ${text} (${takes})`)}\n`);
}

/** Returns the contents of the messages; at a terminal several messages are preceded by their roles. */
function contentOf(result: JsonObject, { isTty }: Terminal): readonly unknown[] {
  const messages = Array.isArray(result.messages) ? result.messages.filter(isJsonObject) : [];
  const areTold = isTty === true && messages.length > 1;
  return messages.flatMap(({ role, content }) => (areTold ? [{ type: 'text', text: `${role}:` }, content] : [content]));
}

const TABLE: PrimitivesTable = {
  header: ['PROMPT', 'ARGUMENTS'],
  row: ({ name, title, description, arguments: taken }, colors) => [
    { text: displayText(String(name)), color: colors.bold },
    { text: displayText(argumentNames(taken).join(' ')), color: colors.cyan },
    { text: displayText([title, description].filter((text) => typeof text === 'string').join(': ')), wraps: true },
  ],
};

function argumentNames(taken: unknown): string[] {
  return argumentsTaken(taken).map(({ name, required }) => (required === true ? `${name}=…` : `[${name}=…]`));
}

function argumentsTaken(taken: unknown): JsonObject[] {
  return Array.isArray(taken) ? taken.filter(isJsonObject) : [];
}
