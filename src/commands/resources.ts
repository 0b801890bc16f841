import { resolve } from 'node:path';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { askPrimitives, listPrimitives, tellMissing } from './ask-primitives.ts';
import { writeResult } from './calling/write-result.ts';
import { align } from './display/align.ts';
import { paintFor } from './display/paint.ts';
import { withGateway } from './local-gateway.ts';
import { type AnswerForm, isForPeople, jsonText, misused, shown, type Terminal } from './terminal.ts';
import { LIST_SECONDS, timeoutMs } from './timeout.ts';

export interface PrimitivesArguments extends AnswerForm {
  /** `list`, or `read` or `get` and what. */
  readonly words: readonly string[];
  readonly config?: string | undefined;
  readonly server?: readonly string[] | undefined;
  readonly timeout?: string | undefined;
  /** Folder for what is no text. */
  readonly output?: string | undefined;
}

/** `mcp-gateway resources`, `resources read <uri>`: what servers offer to read. Resolves with the exit code. */
export async function resources(args: PrimitivesArguments, terminal: Terminal): Promise<number> {
  const [verb = 'list', uri, ...more] = args.words;
  const patienceMs = timeoutMs(args.timeout, LIST_SECONDS);
  if (typeof patienceMs === 'string') return misused(terminal, 'resources', patienceMs);
  const wrong = misuseOf(verb, uri, more);
  if (wrong !== undefined) return misused(terminal, 'resources', wrong);
  const wanted = (key: string) => args.server === undefined || args.server.includes(key);
  const options = { config: args.config, patienceMs, ...(args.server && { wanted }) };
  return withGateway('resources', options, terminal, async (local) => {
    tellMissing('resources', local, wanted, terminal);
    if (uri !== undefined) return read(await askPrimitives(local, 'resources/read', { uri }), uri, args, terminal);
    const [found, templates] = await Promise.all([
      listPrimitives(local, 'resources/list', 'resources'),
      listPrimitives(local, 'resources/templates/list', 'resourceTemplates'),
    ]);
    if (isForPeople(args, terminal)) terminal.write(table([...found, ...templates], terminal));
    else terminal.write(jsonText({ resources: found, resourceTemplates: templates }));
    return 0;
  });
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

async function read(result: JsonObject, uri: string, args: PrimitivesArguments, terminal: Terminal): Promise<number> {
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
