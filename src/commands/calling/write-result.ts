import { relative } from 'node:path';
import type { ToolResult } from '../../core/call.ts';
import { isSameJson, parseJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { paintFor } from '../display/paint.ts';
import { jsonText, shown, shownText, type Terminal } from '../terminal.ts';
import { fileName, saveBytes } from './save-bytes.ts';

export interface ResultOptions {
  /** Name of the tool, for the names of files. */
  readonly tool: string;
  /** Absolute folder for what is no text. */
  readonly folder: string;
}

/**
 * Writes the result of a tool for people: texts as they are, structured content unless a text says the same, links, and
 * what is no text into new files. What a tool reports as its error goes to stderr.
 */
export async function writeResult(result: ToolResult, options: ResultOptions, terminal: Terminal): Promise<void> {
  const isError = result.isError === true;
  const isSeen = (isError ? terminal.isErrorTty : terminal.isTty) === true;
  const blocks = Array.isArray(result.content) ? result.content.filter(isJsonObject) : [];
  const parts: string[] = [];
  for (const block of blocks) parts.push(await blockText(block, { ...options, isSeen }, terminal));
  const { structuredContent: structured } = result;
  if (structured !== undefined && !blocks.some((block) => saysTheSame(block, structured)))
    parts.push(jsonText(structured));
  const write = isError ? terminal.writeError : terminal.write;
  if (isError) write(`${paintFor(terminal, 'error').red('The tool answered with an error:')}\n`);
  // To a file or a program a last text goes to the byte.
  for (const [index, part] of parts.entries())
    write(isSeen || isError || index < parts.length - 1 ? withNewline(part) : part);
}

interface BlockOptions extends ResultOptions {
  /** Whether a person sees it at once. */
  readonly isSeen: boolean;
}

async function blockText(block: JsonObject, options: BlockOptions, terminal: Terminal): Promise<string> {
  const { type, text, data, mimeType } = block;
  if (type === 'text' && typeof text === 'string') return options.isSeen ? shownText(text) : text;
  if ((type === 'image' || type === 'audio') && typeof data === 'string')
    return saved(data, typeName(mimeType), options.tool, options, terminal);
  if (type === 'resource_link') return linkText(block, terminal);
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

function linkText({ uri, name, title, description, mimeType }: JsonObject, terminal: Terminal): string {
  const about = [title ?? name, mimeType, description].filter((each) => typeof each === 'string').join(', ');
  return `${paintFor(terminal).cyan(shown(String(uri)))}  ${shown(about)}\n`;
}

/** Servers are told to repeat structured content as a text, for older clients. */
function saysTheSame({ type, text }: JsonObject, structured: unknown): boolean {
  if (type !== 'text' || typeof text !== 'string') return false;
  try {
    return isSameJson(parseJson(text), structured);
  } catch {
    return false;
  }
}

function typeName(mimeType: unknown): string {
  return typeof mimeType === 'string' ? mimeType : 'application/octet-stream';
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
