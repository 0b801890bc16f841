import { relative } from 'node:path';
import type { ToolResult } from '../../../core/call.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import { paintFor } from '../../terminal/paint.ts';
import { jsonText, shown, shownText, type Terminal } from '../terminal.ts';
import { fileName, saveBytes } from './save-bytes.ts';
import { saysTheSame } from './says-the-same.ts';

export interface ResultOptions {
  /** Name of the tool, for the names of files. */
  readonly tool: string;
  /** Absolute folder for what is no text. */
  readonly folder: string;
}

/**
 * Writes the result of a tool: texts as they are, links, and what is no text into new files. Structured content is shown to
 * a person unless the texts say the same; a file or a program gets it only where there is no text, as whoever writes
 * `> file` wants the text and nothing else. What a tool reports as its error goes to stderr.
 */
export async function writeResult(result: ToolResult, options: ResultOptions, terminal: Terminal): Promise<void> {
  const isError = result.isError === true;
  const isSeen = (isError ? terminal.isErrorTty : terminal.isTty) === true;
  const blocks = Array.isArray(result.content) ? result.content.filter(isJsonObject) : [];
  const parts: string[] = [];
  for (const block of blocks) parts.push(await blockText(block, { ...options, isSeen }, terminal));
  const { structuredContent: structured } = result;
  const texts = textsOf(blocks);
  const isNews = structured !== undefined && structured !== null && !saysTheSame(texts, structured);
  const hasText = texts.some((text) => text.trim() !== '');
  if (isNews && (isSeen || !hasText)) parts.push(jsonText(structured));
  else if (isNews) terminal.writeError(`${paintFor(terminal, 'error').dim(MORE_IN_JSON)}\n`);
  const exactly = terminal.writeExactly ?? terminal.write;
  const write = isError ? terminal.writeError : exactly;
  if (isError) write(`${paintFor(terminal, 'error').red('The tool answered with an error:')}\n`);
  // To a file or a program a last text goes to the byte.
  for (const [index, part] of parts.entries())
    write(isSeen || isError || index < parts.length - 1 ? withNewline(part) : part);
}

const MORE_IN_JSON = 'The result has structured content too: --json writes all of it.';

interface BlockOptions extends ResultOptions {
  /** Whether a person sees it at once. */
  readonly isSeen: boolean;
}

async function blockText(block: JsonObject, options: BlockOptions, terminal: Terminal): Promise<string> {
  const { type, text, data, mimeType } = block;
  if (type === 'text' && typeof text === 'string') return options.isSeen ? shownText(text) : text;
  if ((type === 'image' || type === 'audio') && typeof data === 'string')
    return saved(data, typeName(mimeType), options.tool, options, terminal);
  if (type === 'resource_link') return linkText(block, options.isSeen ? paintFor(terminal).cyan : asItIs);
  if (type === 'resource' && isJsonObject(block.resource)) return resourceText(block.resource, options, terminal);
  return jsonText(block);
}

async function resourceText(resource: JsonObject, options: BlockOptions, terminal: Terminal): Promise<string> {
  const { uri, text, blob, mimeType } = resource;
  const name = shown(String(uri));
  if (typeof blob === 'string') {
    const wish = name.split(/[?#]/)[0]?.split('/').findLast(Boolean) ?? options.tool;
    return saved(blob, typeName(mimeType), wish, options, terminal);
  }
  if (typeof text !== 'string') return jsonText(resource);
  return options.isSeen ? `${paintFor(terminal).dim(name)}\n${shownText(text)}` : text;
}

async function saved(
  data: string,
  type: string,
  wish: string,
  { folder }: ResultOptions,
  { cwd }: Terminal,
): Promise<string> {
  const bytes = Buffer.from(data, 'base64');
  const path = await saveBytes(folder, fileName(wish, type), bytes);
  const near = relative(cwd, path);
  return `${shown(type)}, ${bytes.length.toLocaleString('en')} bytes: ${near.startsWith('..') ? path : near}\n`;
}

function linkText({ uri, name, title, description, mimeType }: JsonObject, paint: (text: string) => string): string {
  const about = [title ?? name, mimeType, description].filter((each) => typeof each === 'string').join(', ');
  return `${paint(shown(String(uri)))}  ${shown(about)}\n`;
}

function asItIs(text: string): string {
  return text;
}

/** What a person or a program reads of blocks as text. */
function textsOf(blocks: readonly JsonObject[]): readonly string[] {
  return blocks.flatMap(({ type, text, resource }) => {
    const said = type === 'resource' && isJsonObject(resource) ? resource.text : text;
    return typeof said === 'string' ? [said] : [];
  });
}

function typeName(mimeType: unknown): string {
  return typeof mimeType === 'string' ? mimeType : 'application/octet-stream';
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
