import { resolve } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { askPrimitives, listPrimitives, tellMissing } from './ask-primitives.ts';
import { writeResult } from './calling/write-result.ts';
import { align } from './display/align.ts';
import { paintFor } from './display/paint.ts';
import { withGateway } from './local-gateway.ts';
import type { PrimitivesArguments } from './resources.ts';
import { isForPeople, jsonText, misused, shown, type Terminal } from './terminal.ts';
import { LIST_SECONDS, timeoutMs } from './timeout.ts';

/** `mcp-gateway prompts`, `prompts get <name> [key=value…]`: prompts of servers. Resolves with the exit code. */
export async function prompts(args: PrimitivesArguments, terminal: Terminal): Promise<number> {
  const [verb = 'list', name, ...words] = args.words;
  const patienceMs = timeoutMs(args.timeout, LIST_SECONDS);
  if (typeof patienceMs === 'string') return misused(terminal, 'prompts', patienceMs);
  const wrong = misuseOf(verb, name);
  if (wrong !== undefined) return misused(terminal, 'prompts', wrong);
  const wanted = (key: string) => args.server === undefined || args.server.includes(key);
  const options = { config: args.config, patienceMs, ...(args.server && { wanted }) };
  return withGateway('prompts', options, terminal, async (local) => {
    tellMissing('prompts', local, wanted, terminal);
    if (name !== undefined) {
      const result = await askPrimitives(local, 'prompts/get', { name, arguments: argumentsOf(words) });
      await show(result, name, args, terminal);
    } else {
      const found = await listPrimitives(local, 'prompts/list', 'prompts');
      terminal.write(isForPeople(args, terminal) ? table(found, terminal) : jsonText({ prompts: found }));
    }
    return 0;
  });
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
  const named = Array.isArray(taken) ? taken.filter(isJsonObject) : [];
  return named.map(({ name, required }) => (required === true ? `${name}=…` : `[${name}=…]`));
}
