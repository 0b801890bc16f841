import { extname } from 'node:path';
import { causeOf, clip, GatewayError } from '../core/errors.ts';
import { parseJson } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type Diagnostic, describeFound, EXPECTED_ROOT, formatPath, type KeyPath, UNSAFE_KEY } from './diagnostic.ts';

/** The content of a file, and warnings about its text. */
interface ParsedFile {
  readonly root: JsonObject;
  readonly findings: readonly Diagnostic[];
}

/** Deepest value, in levels: far more than any setting needs. Recursive functions need a bound. */
const MAX_DEPTH = 100;
/**
 * Deepest text, in levels. A deeper one could end the process, because a library's exhausted stack cannot always be
 * caught.
 */
const MAX_TEXT_DEPTH = 400;

/**
 * Reads YAML (`.yml`, `.yaml`) or else JSON with comments, trailing commas and a byte order mark.
 * Throws `CONFIG_INVALID`, with line and column in message and details, when the text is broken or no object.
 */
export async function parseConfig(text: string, file: string): Promise<ParsedFile> {
  const source = text.replace(/^\uFEFF/, '');
  if (source.trim() === '') throw new GatewayError('CONFIG_INVALID', notAnObject(file, 'an empty file'));
  if (nestsDeep(source)) throw tooDeep(file);
  const findings: Diagnostic[] = [];
  const root = await read(source, file, findings);
  if (!isJsonObject(root)) throw new GatewayError('CONFIG_INVALID', notAnObject(file, describeFound(root, true)));
  refuseDeep(root, file);
  return { root, findings };
}

function notAnObject(file: string, found: string): string {
  return `${file}: found ${found}, expected ${EXPECTED_ROOT}`;
}

async function read(source: string, file: string, findings: Diagnostic[]): Promise<unknown> {
  try {
    if (isYaml(file)) return await (await import('./read-yaml.ts')).readYaml(source, file, findings);
    return readPlain(source) ?? (await import('./read-jsonc.ts')).readJsonc(source, file, findings);
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('CONFIG_INVALID', `${file}: cannot be read: ${clip(causeOf(cause))}`, { cause });
  }
}

function isYaml(file: string): boolean {
  return ['.yml', '.yaml'].includes(extname(file).toLowerCase());
}

/**
 * Parses plain JSON without the library for comments and precise errors, which would cost time at every start.
 * Undefined if it is not plain JSON, or if a warning about it is due.
 */
function readPlain(source: string): unknown {
  try {
    const root: unknown = parseJson(source);
    // A repeated key has two colons but makes one member.
    const colons = source.match(STRING_OR_COLON)?.filter((token) => token === ':').length ?? 0;
    return membersIn(root) === colons ? root : undefined;
  } catch {
    return undefined;
  }
}

const STRING_OR_COLON = /"(?:[^"\\]|\\.)*"|:/g;

/** Returns the number of members of all objects; NaN if one has the unsafe key. */
function membersIn(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  if (Object.hasOwn(value, UNSAFE_KEY)) return Number.NaN;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, each) => sum + membersIn(each), own);
}

/**
 * True if a text nests too deep: by brackets, by indentation, or by YAML's lists within lists on one line. Brackets
 * within quotes count too; no real text has that many.
 */
function nestsDeep(source: string): boolean {
  let depth = 0;
  for (const [bracket] of source.matchAll(/[[{\]}]/g)) {
    depth = Math.max(0, depth + (bracket === '[' || bracket === '{' ? 1 : -1));
    if (depth > MAX_TEXT_DEPTH) return true;
  }
  return DEEP_LINE.test(source);
}

const DEEP_LINE = new RegExp(`^(?:[-?]? ){${MAX_TEXT_DEPTH}}`, 'm');

function tooDeep(file: string, place?: string): GatewayError {
  const where = place === undefined ? file : `${file}: ${place}`;
  return new GatewayError('CONFIG_INVALID', `${where}: found deep nesting, expected ${MAX_DEPTH} levels at most`);
}

/** Throws if a value nests too deep. That also refuses a YAML alias within its own anchor, whose value is endless. */
function refuseDeep(value: unknown, file: string, path: readonly string[] = []): void {
  if (value === null || typeof value !== 'object') return;
  if (path.length > MAX_DEPTH) throw tooDeep(file, formatPath(path.slice(0, 2)));
  for (const [key, item] of Object.entries(value)) refuseDeep(item, file, [...path, key]);
}

/** Deepest level that is searched; no configuration nests deeper. */
const MAX_OBJECT_DEPTH = 12;

/**
 * Copies a configuration that a program gives as an object. Throws `CONFIG_INVALID`, with the place, for a value that
 * no file can hold: a promise without `await`, a Map, a URL, a function.
 */
export function plainObject(written: unknown): JsonObject {
  const strange = strangerIn(written, []);
  if (strange) throw refusal(strange.path, strange.value);
  if (!isJsonObject(written)) throw refusal([], written);
  try {
    return structuredClone(written);
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `new Gateway: the configuration cannot be copied (${causeOf(cause)})`, {
      cause,
    });
  }
}

interface Stranger {
  readonly path: KeyPath;
  readonly value: unknown;
}

function strangerIn(value: unknown, path: KeyPath): Stranger | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return { path, value };
  if (typeof value !== 'object' || value === null || path.length > MAX_OBJECT_DEPTH) return undefined;
  const isPlain = Array.isArray(value) || ['Object', 'Module'].includes(kindOf(value));
  if (!isPlain) return { path, value };
  for (const [key, inner] of Object.entries(value)) {
    const found = strangerIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found) return found;
  }
  return undefined;
}

/** Returns `Map`, `URL` or `Promise`, and `Object` for a plain object. */
function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function refusal(path: KeyPath, value: unknown): GatewayError {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const kind = isObject ? kindOf(value) : undefined;
  const found = kind === undefined ? describeFound(value, true) : `${/^[AEIOU](?!RL)/.test(kind) ? 'an' : 'a'} ${kind}`;
  const place = path.length > 0 ? `${formatPath(path)}: ` : '';
  const cure = kind === 'Promise' ? '; await it: new Gateway(await loadConfig(path))' : '';
  const wanted =
    path.length > 0 ? 'what a file can hold' : 'a configuration: an object of servers, or what loadConfig answers';
  return new GatewayError('CONFIG_INVALID', `new Gateway: ${place}found ${found}, expected ${wanted}${cure}`);
}
