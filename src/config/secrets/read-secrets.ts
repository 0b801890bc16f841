import { resolve } from 'node:path';
import { causeOf } from '../../core/errors.ts';
import { parseJson, sourceOf } from '../../core/exact-json.ts';
import { isJsonObject } from '../../core/json.ts';
import { withNumberTexts, writtenNumber } from '../../core/written-numbers.ts';
import type { Environment } from '../../platform/gateway-environment.ts';
import { expandHome } from '../../platform/home-directory.ts';
import { runProgram } from '../../platform/run-program.ts';
import { contentOf, type Secrets } from './secrets.ts';

/** Longest file of secrets, in bytes. */
const MAX_FILE_BYTES = 1_048_576;

/** The `secrets` of the settings: either a file or a command. */
interface SecretsSource {
  readonly file?: string | undefined;
  readonly command?: readonly string[] | undefined;
  /** Longest run of the command, in ms. */
  readonly timeoutMs: number;
}

interface Places {
  /** Absolute folder in which a relative file is searched and the command runs. */
  readonly folder: string;
  readonly home: string;
  readonly env: Environment;
}

/** Reads the file or runs the command of the `secrets` settings. Never rejects: a failure is in the result. */
export async function readSecrets(settings: SecretsSource, places: Places): Promise<Secrets> {
  const { file, command: [program] = [] } = settings;
  const from = file === undefined ? `the command ${JSON.stringify(program)}` : `the file ${file}`;
  try {
    return { values: await parseSecrets(await textOf(settings, places)) };
  } catch (error) {
    return { values: {}, problem: `the "secrets" of the gateway cannot be read: ${from}: ${causeOf(error)}` };
  }
}

/**
 * Returns the text of the file, or the stdout of the command. Its stderr is not repeated, because secrets may be in it.
 */
async function textOf({ file, command = [], timeoutMs }: SecretsSource, places: Places): Promise<string> {
  const { folder, home, env } = places;
  if (file !== undefined) return contentOf(resolve(folder, expandHome(file, home)), MAX_FILE_BYTES);
  const { code, stdout } = await runProgram(command, { cwd: folder, env, timeoutMs });
  if (code !== 0) throw new Error(`it ended with ${code}; run it by hand to see why`);
  return stdout;
}

/** A line of a dotenv file: `export NAME=…`. */
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=/;
/** A name with its value in single, double or no quotes, and what may follow. */
const ASSIGNED =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|([^'"\r\n][^\r\n]*)?)[ \t]*(?:#[^\r\n]*)?(?:\r?\n|$)/;
const EMPTY_LINE = /^[ \t]*(?:#[^\r\n]*)?(?:\r?\n|$)/;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Parses secrets by their names from dotenv, JSON or YAML, detected by the text. Throws with the fault, never with a
 * value.
 */
export async function parseSecrets(text: string): Promise<Environment> {
  const source = text.replace(/^\uFEFF/, '');
  const first = source.split(/\r?\n/).find((line) => !EMPTY_LINE.test(line)) ?? '';
  if (first.trim() === '') return {};
  if (first.trim().startsWith('{')) return texts(readJson(source));
  return ASSIGNMENT.test(first) ? readDotenv(source) : texts(await readYaml(source));
}

function readDotenv(source: string): Environment {
  const values = dotenvParts(source).flatMap(({ name, value = '' }) => (name === undefined ? [] : [[name, value]]));
  return Object.fromEntries(values);
}

/** An assignment, or a line without one, with its text as written. */
interface DotenvPart {
  readonly text: string;
  readonly name?: string;
  readonly value?: string;
}

/** Splits a dotenv file into parts whose texts, joined, are the file. Throws as `parseSecrets` does. */
export function dotenvParts(source: string): readonly DotenvPart[] {
  const parts: DotenvPart[] = [];
  let rest = source;
  let line = 1;
  while (rest !== '') {
    const found = ASSIGNED.exec(rest) ?? EMPTY_LINE.exec(rest);
    if (!found) throw new Error(`line ${line} is no NAME=value`);
    const [text, name, single, double, plain = ''] = found;
    const value = single ?? unescaped(double) ?? plain.replace(/(?:^|\s+)#.*$/, '').trimEnd();
    parts.push(name === undefined ? { text } : { text, name, value });
    line += text.split('\n').length - 1;
    rest = rest.slice(text.length);
  }
  return parts;
}

function unescaped(text: string | undefined): string | undefined {
  return text?.replace(
    /\\([\s\S])/g,
    (whole, letter: string) => ESCAPED[letter] ?? (/["\\$`]/.test(letter) ? letter : whole),
  );
}

function readJson(source: string): unknown {
  try {
    return parseJson(source);
  } catch {
    // The parser's own message quotes the text.
    throw new Error('it is broken JSON');
  }
}

async function readYaml(source: string): Promise<unknown> {
  const { parseDocument, visit } = await import('yaml');
  const document = parseDocument(source, { prettyErrors: false, logLevel: 'silent' });
  if (document.errors.length > 0) throw new Error('it is neither lines of NAME=value nor JSON nor YAML');
  visit(document, { Scalar: writtenNumber });
  return withNumberTexts(document.toJS());
}

function texts(found: unknown): Environment {
  if (!isJsonObject(found)) throw new Error('it is no map of names to texts');
  const fields = Object.entries(found).map(([name, value]) => {
    if (!['string', 'number', 'boolean'].includes(typeof value)) throw new Error(`${name} is no text`);
    return [name, sourceOf(found, name) ?? String(value)] as const;
  });
  return Object.fromEntries(fields);
}
