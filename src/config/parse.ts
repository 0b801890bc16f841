import { extname } from 'node:path';
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { causeOf, clip, GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { describeFound, type Finding, formatPath, type KeyPath, warning } from './finding.ts';
import { WrittenNumber, withNumberTexts, writtenNumber } from './written-numbers.ts';

/** What a file says, and what in its text is odd without being wrong. */
export interface ParsedFile {
  readonly root: JsonObject;
  readonly findings: readonly Finding[];
}

/** Would become the prototype of whatever it is copied into. */
const UNSAFE_KEY = '__proto__';
/** Far beyond any setting; what recurses over a configuration needs some bound. */
const MAX_DEPTH = 100;
/** Text that nests deeper could end the process: what a library does when its stack is exhausted cannot always be caught. */
const MAX_TEXT_DEPTH = 400;
const EXPECTED_ROOT = 'an object with servers';

/**
 * Reads YAML (`.yml`, `.yaml`) or else JSON with comments, trailing commas and a byte order mark.
 * Throws `CONFIG_INVALID`, with line and column in message and details, when the text is broken or no object.
 */
export async function parseConfig(text: string, file: string): Promise<ParsedFile> {
  const source = text.replace(/^\uFEFF/, '');
  if (source.trim() === '') throw new GatewayError('CONFIG_INVALID', notAnObject(file, 'an empty file'));
  if (nestsDeep(source)) throw tooDeep(file);
  const findings: Finding[] = [];
  const root = await read(source, file, findings);
  if (!isJsonObject(root)) throw new GatewayError('CONFIG_INVALID', notAnObject(file, describeFound(root, true)));
  refuseDeep(root, file);
  return { root, findings };
}

function notAnObject(file: string, found: string): string {
  return `${file}: found ${found}, expected ${EXPECTED_ROOT}`;
}

async function read(source: string, file: string, findings: Finding[]): Promise<unknown> {
  try {
    return isYaml(file) ? await readYaml(source, file, findings) : readJson(source, file, findings);
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('CONFIG_INVALID', `${file}: cannot be read: ${clip(causeOf(cause))}`, { cause });
  }
}

function isYaml(file: string): boolean {
  return ['.yml', '.yaml'].includes(extname(file).toLowerCase());
}

function readJson(source: string, file: string, findings: Finding[]): unknown {
  const errors: ParseError[] = [];
  const tree = parseTree(source, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first) throw syntaxError(file, positionAt(source, first.offset), jsonMistake(source, first));
  return tree && withNumberTexts(toValue(tree, source, [], findings));
}

function toValue(node: Node, source: string, path: KeyPath, findings: Finding[]): unknown {
  const children = node.children ?? [];
  if (node.type === 'array') return children.map((child, index) => toValue(child, source, [...path, index], findings));
  if (node.type === 'number')
    return new WrittenNumber(source.slice(node.offset, node.offset + node.length), node.value);
  if (node.type !== 'object') return node.value;
  const fields = new Map<string, unknown>();
  for (const { children: [name, value] = [] } of children) {
    const key = String(name?.value);
    if (fields.has(key)) findings.push(repeated([...path, key]));
    if (key === UNSAFE_KEY) findings.push(unsafe(path));
    else if (value) fields.set(key, toValue(value, source, [...path, key], findings));
  }
  return Object.fromEntries(fields);
}

function repeated(path: KeyPath): Finding {
  return warning(path, 'found this key twice in one object, expected once; the last one counts');
}

function unsafe(path: KeyPath): Finding {
  return warning(path, `found the key "${UNSAFE_KEY}", which is never read; rename it`);
}

const JSON_EXPECTATIONS: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a key in double quotes',
  ValueExpected: 'a value',
  ColonExpected: '":"',
  CommaExpected: '","',
  CloseBraceExpected: '"}"',
  CloseBracketExpected: '"]"',
  EndOfFileExpected: 'the end of the file',
  UnexpectedEndOfComment: 'the end of a comment, "*/"',
  UnexpectedEndOfString: 'a closing double quote',
  InvalidEscapeCharacter: 'a valid escape such as "\\\\" or "\\n"',
  InvalidUnicode: 'four hexadecimal digits after "\\u"',
};

function jsonMistake(source: string, { error: code, offset }: ParseError): string {
  return `found ${foundAt(source, offset)}, expected ${JSON_EXPECTATIONS[printParseErrorCode(code)] ?? 'valid JSON'}`;
}

/** The kind of what stands there, never its text: it may be part of a secret. */
function foundAt(source: string, offset: number): string {
  const character = source[offset];
  if (character === undefined) return 'the end of the file';
  if (character === '"') return 'a string';
  if (/[\d-]/.test(character)) return 'a number';
  return /\w/.test(character) ? 'a word without quotes' : JSON.stringify(character);
}

interface Position {
  readonly line: number;
  readonly column: number;
}

function positionAt(source: string, offset: number): Position {
  const lines = source.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

function syntaxError(file: string, { line, column }: Position, mistake: string): GatewayError {
  const message = `${file}:${line}:${column}: ${mistake}`;
  return new GatewayError('CONFIG_INVALID', message, { details: { file, line, column } });
}

async function readYaml(source: string, file: string, findings: Finding[]): Promise<unknown> {
  // Imported here because most people write JSON and the library costs time at start.
  const { isScalar, parseDocument, visit } = await import('yaml');
  const document = parseDocument(source, {
    merge: true,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: (a, b) => {
      if (isScalar(a) && isScalar(b) && a.value === b.value) findings.push(repeatedAt(source, a.range?.[0] ?? 0));
      return false;
    },
  });
  const first = document.errors[0];
  if (first) throw syntaxError(file, positionAt(source, first.pos[0]), yamlMistake(first));
  visit(document, {
    Alias(_, alias) {
      if (!alias.resolve(document)) throw syntaxError(file, positionAt(source, alias.range?.[0] ?? 0), UNKNOWN_ALIAS);
    },
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== UNSAFE_KEY) return undefined;
      findings.push(unsafe([]));
      return visit.REMOVE;
    },
    Scalar: writtenNumber,
  });
  return withNumberTexts(document.toJS());
}

function repeatedAt(source: string, offset: number): Finding {
  const { line, column } = positionAt(source, offset);
  return warning(
    [],
    `line ${line}, column ${column}: found a key twice in one map, expected once; the last one counts`,
  );
}

const UNKNOWN_ALIAS =
  'found an alias without its anchor, expected "&name" before "*name", or quotes around a text with "*"';

/** The library's first sentence; what follows it, or a colon, may quote the file. */
function yamlMistake({ code, message }: { code: string; message: string }): string {
  const [sentence = ''] = message.split(/\n|: /);
  return `found broken YAML (${code}: ${clip(sentence, 120)}), expected ${EXPECTED_ROOT}`;
}

/** By brackets, by indentation, or by YAML's lists within lists on one line; within quotes too, where nobody goes so far. */
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

/** Also refuses a YAML alias within its own anchor, whose value has no end. */
function refuseDeep(value: unknown, file: string, path: readonly string[] = []): void {
  if (value === null || typeof value !== 'object') return;
  if (path.length > MAX_DEPTH) throw tooDeep(file, formatPath(path.slice(0, 2)));
  for (const [key, item] of Object.entries(value)) refuseDeep(item, file, [...path, key]);
}
