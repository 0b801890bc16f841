import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ToolResult } from '../../../core/call.ts';
import { causeOf, GatewayError } from '../../../core/errors.ts';
import { isSameJson, parseJson } from '../../../core/exact-json.ts';
import { displayText } from '../../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import { colorsFor, type Terminal } from '../../terminal/terminal.ts';
import { displayLines, jsonText } from '../../terminal/text-layout.ts';

interface ResultOptions {
  /** Name of the tool, used in the names of files. */
  readonly tool: string;
  /** Absolute folder in which files for non-text content are created. */
  readonly folder: string;
}

/**
 * Writes the result of a tool: texts unchanged, links, and other content into new files. A terminal also gets
 * structured content unless the texts repeat it; a file or program gets it only if there is no text, because with
 * `> file` the user wants only the text. A tool's error goes to stderr.
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
  else if (isNews) terminal.writeError(`${colorsFor(terminal, 'error').dim(MORE_IN_JSON)}\n`);
  const exactly = terminal.writeExactly ?? terminal.write;
  const write = isError ? terminal.writeError : exactly;
  if (isError) write(`${colorsFor(terminal, 'error').red('The tool answered with an error:')}\n`);
  // The last text to a file or a program is written byte for byte, without an added newline.
  for (const [index, part] of parts.entries())
    write(isSeen || isError || index < parts.length - 1 ? withNewline(part) : part);
}

const MORE_IN_JSON = 'The result has structured content too: --json writes all of it.';

interface BlockOptions extends ResultOptions {
  /** True if the output is a terminal. */
  readonly isSeen: boolean;
}

async function blockText(block: JsonObject, options: BlockOptions, terminal: Terminal): Promise<string> {
  const { type, text, data, mimeType } = block;
  if (type === 'text' && typeof text === 'string') return options.isSeen ? displayLines(text) : text;
  if ((type === 'image' || type === 'audio') && typeof data === 'string')
    return saved(data, typeName(mimeType), options.tool, options, terminal);
  if (type === 'resource_link') return linkText(block, options.isSeen ? colorsFor(terminal).cyan : asItIs);
  if (type === 'resource' && isJsonObject(block.resource)) return resourceText(block.resource, options, terminal);
  return jsonText(block);
}

async function resourceText(resource: JsonObject, options: BlockOptions, terminal: Terminal): Promise<string> {
  const { uri, text, blob, mimeType } = resource;
  const name = displayText(String(uri));
  if (typeof blob === 'string') {
    const wish = name.split(/[?#]/)[0]?.split('/').findLast(Boolean) ?? options.tool;
    return saved(blob, typeName(mimeType), wish, options, terminal);
  }
  if (typeof text !== 'string') return jsonText(resource);
  return options.isSeen ? `${colorsFor(terminal).dim(name)}\n${displayLines(text)}` : text;
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
  return `${displayText(type)}, ${bytes.length.toLocaleString('en')} bytes: ${near.startsWith('..') ? path : near}\n`;
}

function linkText({ uri, name, title, description, mimeType }: JsonObject, color: (text: string) => string): string {
  const about = [title ?? name, mimeType, description].filter((each) => typeof each === 'string').join(', ');
  return `${color(displayText(String(uri)))}  ${displayText(about)}\n`;
}

function asItIs(text: string): string {
  return text;
}

/** Returns the texts of text blocks and of embedded text resources. */
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

/** Extensions of files for types whose subtype is not the usual extension. */
const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/svg+xml': 'svg',
  'image/x-icon': 'ico',
  'audio/mpeg': 'mp3',
  'audio/x-wav': 'wav',
  'audio/mp4': 'm4a',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/javascript': 'js',
};

/** Returns a file name that is safe in any folder, with the extension of its type unless it has one. */
export function fileName(wish: string, mimeType: string): string {
  const plain =
    wish
      .replace(/[^\w.-]+/g, '_')
      .replace(/^[.-]+/, '')
      .slice(-100) || 'file';
  return /\.\w{1,8}$/.test(plain) ? plain : `${plain}.${ending(mimeType)}`;
}

function ending(mimeType: string): string {
  const [type = ''] = mimeType.toLowerCase().split(';');
  const [, subtype = ''] = /^\w+\/(?:x-)?([a-z0-9]{1,8})$/.exec(type.trim()) ?? [];
  return ENDINGS[type.trim()] ?? (subtype || 'bin');
}

/** Writes a new file; appends a number to the name if a file of that name exists. Resolves with its path. */
export async function saveBytes(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const dot = name.lastIndexOf('.');
  try {
    await mkdir(folder, { recursive: true });
    for (let count = 1; ; count++) {
      const path = join(folder, count === 1 ? name : `${name.slice(0, dot)}-${count}${name.slice(dot)}`);
      if (await wroteNew(path, bytes)) return path;
    }
  } catch (cause) {
    throw new GatewayError('INTERNAL', `${folder}: ${name} cannot be saved there (${causeOf(cause)}); try --output`, {
      cause,
    });
  }
}

async function wroteNew(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await writeFile(path, bytes, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Bounds of `saysTheSame`: number of values of structured content, and number of values times characters of the texts.
 */
const MAX_VALUES = 10_000;
const MAX_CHARS_READ = 50_000_000;

/**
 * True if structured content only repeats the texts: a text is its JSON, or the texts contain each of its values. The
 * protocol asks servers to repeat it as a text for older clients, and some wrap a text as `{"content": text}` or
 * `{"result": …}`.
 */
export function saysTheSame(texts: readonly string[], structured: unknown): boolean {
  if (texts.length === 0) return false;
  if (texts.some((text) => isJsonOf(text, structured))) return true;
  const values = [...valuesIn(structured, MAX_VALUES)];
  const said = texts.join('\n');
  if (values.length === MAX_VALUES || values.length * said.length > MAX_CHARS_READ) return false;
  const numbers = new Set(said.match(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi)?.map(Number));
  const words = said.toLowerCase();
  return values.every((value) => isSaid(value, { said, words, numbers }));
}

function isJsonOf(text: string, structured: unknown): boolean {
  try {
    return isSameJson(parseJson(text), structured);
  } catch {
    return false;
  }
}

/** Yields the strings, numbers and booleans in a value, at most `most`. */
function* valuesIn(value: unknown, most: number): Generator<string | number | boolean> {
  const open: unknown[] = [value];
  for (let count = 0; open.length > 0 && count < most; ) {
    const next = open.pop();
    if (Array.isArray(next)) open.push(...next.slice(0, most));
    else if (isJsonObject(next)) open.push(...Object.values(next).slice(0, most));
    else if (typeof next === 'string' || typeof next === 'number' || typeof next === 'boolean') {
      count++;
      yield next;
    }
  }
}

interface Said {
  readonly said: string;
  /** The texts in lower case. */
  readonly words: string;
  readonly numbers: ReadonlySet<number>;
}

/** True if the texts contain the value; a string may occur unchanged or escaped as in JSON. */
function isSaid(value: string | number | boolean, { said, words, numbers }: Said): boolean {
  if (typeof value === 'number') return numbers.has(value);
  if (typeof value === 'boolean') return words.includes(String(value));
  return said.includes(value) || said.includes(JSON.stringify(value).slice(1, -1));
}
