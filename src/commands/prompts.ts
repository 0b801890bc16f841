import { resolve } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import {
  askPrimitives,
  isRefusal,
  listPrimitives,
  notListed,
  type PrimitivesArguments,
  primitivesOptions,
  tellMissing,
} from './ask-primitives.ts';
import { writeResult } from './calling/write-result.ts';
import { align } from './display/align.ts';
import { paintFor } from './display/paint.ts';
import { type LocalGateway, withGateway } from './local-gateway.ts';
import { isForPeople, jsonText, misused, reporting, shown, type Terminal } from './terminal.ts';

/** `mcp-gateway prompts`, `prompts get <name> [key=value…]`: prompts of servers. Resolves with the exit code. */
export async function prompts(args: PrimitivesArguments, terminal: Terminal): Promise<number> {
  const [verb = 'list', name, ...words] = args.words;
  const options = primitivesOptions(args, ['prompts']);
  if (typeof options === 'string') return misused(terminal, 'prompts', options);
  const wrong = misuseOf(verb, name);
  if (wrong !== undefined) return misused(terminal, 'prompts', wrong);
  return reporting(terminal, 'prompts', async () => {
    const given = argumentsOf(words);
    return withGateway('prompts', options.gateway, terminal, async (local) => {
      const listed = await listPrimitives(local, 'prompts/list', 'prompts');
      if (name !== undefined) {
        await show(
          await get({ name, arguments: given }, listed, options.answerMs(), local, terminal),
          name,
          args,
          terminal,
        );
        return 0;
      }
      tellMissing('prompts', local, terminal);
      terminal.write(isForPeople(args, terminal) ? table(listed, terminal) : jsonText({ prompts: listed }));
      return 0;
    });
  });
}

/** A prompt filled in. Arguments that it wants are missed before its server is asked; what is not listed, when it refuses. */
async function get(
  { name, arguments: given }: { readonly name: string; readonly arguments: JsonObject },
  listed: readonly JsonObject[],
  answerMs: number,
  local: LocalGateway,
  terminal: Terminal,
): Promise<JsonObject> {
  const prompt = listed.find((each) => each.name === name);
  const missing = argumentsTaken(prompt?.arguments).filter(
    (each) => each.required === true && !(String(each.name) in given),
  );
  if (missing.length > 0) {
    const wanted = missing.map((each) => `${each.name}=…`).join(' ');
    throw new GatewayError('INVALID_ARGUMENTS', `prompt ${JSON.stringify(name)} wants ${shown(wanted)}`);
  }
  try {
    return await askPrimitives(local, 'prompts/get', { name, arguments: given }, answerMs);
  } catch (error) {
    if (prompt || !isRefusal(error)) throw error;
    tellMissing('prompts', local, terminal);
    throw notListed(
      'prompt',
      name,
      listed.map((each) => String(each.name)),
    );
  }
}

function misuseOf(verb: string, name: string | undefined): string | undefined {
  if (verb === 'list')
    return name === undefined ? undefined : `found ${JSON.stringify(name)} after list, expected options`;
  if (verb !== 'get' && verb !== 'read') return `found ${JSON.stringify(verb)}, expected list or get <name>`;
  return name === undefined ? 'get names no prompt; mcp-gateway prompts lists them' : undefined;
}

/** Arguments of prompts are texts. */
function argumentsOf(words: readonly string[]): JsonObject {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
      throw new GatewayError('INVALID_ARGUMENTS', `found ${JSON.stringify(shown(word))}, expected key=value`);
    }),
  );
}

/** The texts of the messages; at a terminal with who is to say them, where there are several. */
async function show(result: JsonObject, name: string, { json, output = '.' }: PrimitivesArguments, terminal: Terminal) {
  if (json) return terminal.write(jsonText(result));
  const messages = Array.isArray(result.messages) ? result.messages.filter(isJsonObject) : [];
  const areTold = terminal.isTty === true && messages.length > 1;
  const content = messages.flatMap(({ role, content }) =>
    areTold ? [{ type: 'text', text: `${role}:` }, content] : [content],
  );
  await writeResult({ content }, { tool: name, folder: resolve(terminal.cwd, output) }, terminal);
}

function table(items: readonly JsonObject[], terminal: Terminal): string {
  if (items.length === 0) return 'No prompts.\n';
  const paint = paintFor(terminal);
  const header = ['PROMPT', 'ARGUMENTS', ''].map((text) => ({ text, paint: paint.dim }));
  const rows = items.map(({ name, title, description, arguments: taken }) => [
    { text: shown(String(name)), paint: paint.bold },
    { text: shown(argumentNames(taken).join(' ')), paint: paint.cyan },
    { text: shown([title, description].filter((text) => typeof text === 'string').join(': ')), wraps: true },
  ]);
  return `${align([header, ...rows], terminal.columns).join('\n')}\n`;
}

function argumentNames(taken: unknown): string[] {
  return argumentsTaken(taken).map(({ name, required }) => (required === true ? `${name}=…` : `[${name}=…]`));
}

function argumentsTaken(taken: unknown): JsonObject[] {
  return Array.isArray(taken) ? taken.filter(isJsonObject) : [];
}
