import { isScalar, parseDocument, visit } from 'yaml';
import { clip } from '../core/errors.ts';
import { withNumberTexts, writtenNumber } from '../core/written-numbers.ts';
import { type Diagnostic, EXPECTED_ROOT, positionAt, syntaxError, UNSAFE_KEY, unsafe, warning } from './diagnostic.ts';

/** Parses YAML with merge keys. Throws a syntax error with its place, and warns about repeated keys. */
export function readYaml(source: string, file: string, findings: Diagnostic[]): unknown {
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

function repeatedAt(source: string, offset: number): Diagnostic {
  const { line, column } = positionAt(source, offset);
  return warning(
    [],
    `line ${line}, column ${column}: found a key twice in one map, expected once; the last one counts`,
  );
}

const UNKNOWN_ALIAS =
  'found an alias without its anchor, expected "&name" before "*name", or quotes around a text with "*"';

/** Returns the library's first sentence up to a colon; the rest may quote the file. */
function yamlMistake({ code, message }: { code: string; message: string }): string {
  const [sentence = ''] = message.split(/\n|: /);
  return `found broken YAML (${code}: ${clip(sentence, 120)}), expected ${EXPECTED_ROOT}`;
}
