import { resolve } from 'node:path';
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
import { isForPeople, jsonText, misused, shown, type Terminal } from './terminal.ts';

/** `mcp-gateway resources`, `resources read <uri>`: what servers offer to read. Resolves with the exit code. */
export async function resources(args: PrimitivesArguments, terminal: Terminal): Promise<number> {
  const [verb = 'list', uri, ...more] = args.words;
  const options = primitivesOptions(args, ['resources', 'templates']);
  if (typeof options === 'string') return misused(terminal, 'resources', options);
  const wrong = misuseOf(verb, uri, more);
  if (wrong !== undefined) return misused(terminal, 'resources', wrong);
  return withGateway('resources', options.gateway, terminal, async (local) => {
    if (uri !== undefined) return write(await read(uri, options.answerMs(), local, terminal), uri, args, terminal);
    const { resources, resourceTemplates } = await listed(local);
    tellMissing('resources', local, terminal);
    if (isForPeople(args, terminal)) terminal.write(table([...resources, ...resourceTemplates], terminal));
    else terminal.write(jsonText({ resources, resourceTemplates }));
    return 0;
  });
}

async function listed(local: LocalGateway) {
  const [resources, resourceTemplates] = await Promise.all([
    listPrimitives(local, 'resources/list', 'resources'),
    listPrimitives(local, 'resources/templates/list', 'resourceTemplates'),
  ]);
  return { resources, resourceTemplates };
}

/** Of what is not listed it is said that it is not: a server's own words for it are often none. */
async function read(uri: string, answerMs: number, local: LocalGateway, terminal: Terminal): Promise<JsonObject> {
  try {
    return await askPrimitives(local, 'resources/read', { uri }, answerMs);
  } catch (error) {
    const { resources } = await listed(local);
    const uris = resources.map((resource) => String(resource.uri));
    if (!isRefusal(error) || uris.includes(uri)) throw error;
    tellMissing('resources', local, terminal);
    throw notListed('resource', uri, uris);
  }
}

function misuseOf(verb: string, uri: string | undefined, more: readonly string[]): string | undefined {
  if (verb === 'list')
    return uri === undefined ? undefined : `found ${JSON.stringify(uri)} after list, expected options`;
  if (verb !== 'read' && verb !== 'get')
    return /:\//.test(verb)
      ? `found ${JSON.stringify(verb)}, expected read before it`
      : `found ${JSON.stringify(verb)}, expected list or read <uri>`;
  if (uri === undefined) return 'read names no uri; mcp-gateway resources lists them';
  return more.length > 0 ? `found ${JSON.stringify(more[0])}, expected one uri` : undefined;
}

async function write(result: JsonObject, uri: string, args: PrimitivesArguments, terminal: Terminal): Promise<number> {
  if (args.json) {
    terminal.write(jsonText(result));
    return 0;
  }
  const contents = Array.isArray(result.contents) ? result.contents.filter(isJsonObject) : [];
  const content = contents.map((resource) =>
    // One text is what was asked for: nothing has to tell it from others.
    contents.length === 1 && typeof resource.text === 'string'
      ? { type: 'text', text: resource.text }
      : { type: 'resource', resource },
  );
  const folder = resolve(terminal.cwd, args.output ?? '.');
  await writeResult({ content }, { tool: uri.split('/').findLast(Boolean) ?? 'resource', folder }, terminal);
  return 0;
}

function table(items: readonly JsonObject[], terminal: Terminal): string {
  if (items.length === 0) return 'No resources.\n';
  const paint = paintFor(terminal);
  const header = ['RESOURCE', 'TYPE', ''].map((text) => ({ text, paint: paint.dim }));
  const rows = items.map(({ uri, uriTemplate, name, title, description, mimeType }) => [
    { text: shown(String(uri ?? uriTemplate)), paint: paint.bold },
    shown(typeof mimeType === 'string' ? mimeType : ''),
    { text: shown([title ?? name, description].filter((text) => typeof text === 'string').join(': ')), wraps: true },
  ]);
  return `${align([header, ...rows], terminal.columns).join('\n')}\n`;
}
