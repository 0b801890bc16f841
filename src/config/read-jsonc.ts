import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { WrittenNumber, withNumberTexts } from '../core/written-numbers.ts';
import { type Diagnostic, type KeyPath, positionAt, syntaxError, UNSAFE_KEY, unsafe, warning } from './diagnostic.ts';

/**
 * Parses JSON with comments and trailing commas. Throws a syntax error with its place, and warns about repeated keys.
 */
export function readJsonc(source: string, file: string, findings: Diagnostic[]): unknown {
  const errors: ParseError[] = [];
  const tree = parseTree(source, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first) throw syntaxError(file, positionAt(source, first.offset), jsonMistake(source, first));
  return tree && withNumberTexts(toValue(tree, source, [], findings));
}

function toValue(node: Node, source: string, path: KeyPath, findings: Diagnostic[]): unknown {
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

function repeated(path: KeyPath): Diagnostic {
  return warning(path, 'found this key twice in one object, expected once; the last one counts');
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

/** Returns the kind of the text at an offset, never the text, which may be part of a secret. */
function foundAt(source: string, offset: number): string {
  const character = source[offset];
  if (character === undefined) return 'the end of the file';
  if (character === '"') return 'a string';
  if (/[\d-]/.test(character)) return 'a number';
  return /\w/.test(character) ? 'a word without quotes' : JSON.stringify(character);
}
