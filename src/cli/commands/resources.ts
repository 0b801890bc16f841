import { displayText } from '../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandArguments } from './command.ts';
import type { LocalGateway } from './local-gateway.ts';
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
 * Implements `mcp-gateway resources` and `resources read <uri>`: lists the servers' resources, or reads one. Resolves
 * with the exit code.
 */
export async function resources(args: CommandArguments, terminal: Terminal): Promise<number> {
  const command: PrimitivesCommand = { kind: 'resource', lists: ['resources', 'templates'], args, terminal };
  const [, uri] = args.words;
  return withPrimitives(command, misuseOf(command), async (local, answerMs) => {
    if (uri === undefined) {
      const lists = await listed(local);
      tellMissing('resources', local, terminal);
      return writeLists(command, lists, TABLE);
    }
    const request = { method: 'resources/read', params: { uri }, name: uri, answerMs: answerMs() };
    const result = await askForOne(command, local, request, async () =>
      (await listed(local)).resources.map((resource) => String(resource.uri)),
    );
    const file = uri.split('/').findLast(Boolean) ?? 'resource';
    return writeAnswer(command, { result, content: contentOf(result), file });
  });
}

async function listed(local: LocalGateway) {
  const [resources, resourceTemplates] = await Promise.all([
    listPrimitives(local, 'resources/list', 'resources'),
    listPrimitives(local, 'resources/templates/list', 'resourceTemplates'),
  ]);
  return { resources, resourceTemplates };
}

function misuseOf(command: PrimitivesCommand): string | undefined {
  const [verb = 'list', , ...more] = command.args.words;
  if (/:\//.test(verb)) return `found ${JSON.stringify(verb)}, expected read before it`;
  const wrong = wrongVerb(command, 'read <uri>');
  return wrong ?? (more.length > 0 ? `found ${JSON.stringify(more[0])}, expected one uri` : undefined);
}

function contentOf({ contents }: JsonObject): readonly unknown[] {
  const all = Array.isArray(contents) ? contents.filter(isJsonObject) : [];
  return all.map((resource) =>
    // A single text is written without a heading, since it is the whole answer.
    all.length === 1 && typeof resource.text === 'string'
      ? { type: 'text', text: resource.text }
      : { type: 'resource', resource },
  );
}

const TABLE: PrimitivesTable = {
  header: ['RESOURCE', 'TYPE'],
  row: ({ uri, uriTemplate, name, title, description, mimeType }, colors) => [
    { text: displayText(String(uri ?? uriTemplate)), color: colors.bold },
    displayText(typeof mimeType === 'string' ? mimeType : ''),
    {
      text: displayText([title ?? name, description].filter((text) => typeof text === 'string').join(': ')),
      wraps: true,
    },
  ],
};
