import { clip, GatewayError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';

/** The path of a value in the file, with the names and indexes that its author wrote. */
export type KeyPath = readonly (string | number)[];

/** A problem at a place, before the file is known. `text` never holds a secret. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly server?: string;
  readonly path: KeyPath;
  readonly text: string;
}

export function error(path: KeyPath, text: string, server?: string): Diagnostic {
  return { severity: 'error', path, text, ...(server !== undefined && { server }) };
}

export function warning(path: KeyPath, text: string, server?: string): Diagnostic {
  return { severity: 'warning', path, text, ...(server !== undefined && { server }) };
}

const MAX_SEGMENT = 60;

/** Writes a path as text: `['servers', 2, 'a b']` → `servers[2]["a b"]`. */
export function formatPath(path: KeyPath): string {
  return path.map(segment).join('').replace(/^\./, '');
}

function segment(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  return /^[\w$@-]{1,60}$/.test(key) ? `.${key}` : `[${JSON.stringify(clip(key, MAX_SEGMENT))}]`;
}

/** Returns a finding in the form in which the gateway reports it: `file: key.path: text`. */
export function toProblem(file: string, { severity, server, path, text }: Diagnostic): ConfigProblem {
  // A configuration object has no file, so its place is the path alone.
  const place = [file, path.length === 0 ? '' : formatPath(path)].filter(Boolean).join(': ') || 'configuration';
  return { severity, message: `${place}: ${text}`, ...(server !== undefined && { server }) };
}

/** Returns a found value for a message: a plain value as written, or only its kind if it may hold a secret. */
export function describeFound(value: unknown, mayBeSecret = false): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'object') return 'an object';
  if (value === '') return 'an empty string';
  if (!mayBeSecret) return clip(JSON.stringify(value) ?? String(value), MAX_SEGMENT);
  return `a ${typeof value}`;
}

/** Returns `, did you mean "x"?`, or an empty text. */
export function suggestion(name: string | undefined): string {
  return name === undefined ? '' : `, did you mean "${name}"?`;
}

/** Returns `unknown key "tag", did you mean "tags"?` for each of the keys. */
export function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  return keys.map((key) => unknownKey(key, nearest(key, known))).join('; ');
}

/** Returns `unknown key "env", did you mean "environment"?` */
export function unknownKey(key: string, meant: string | undefined): string {
  return `unknown key ${describeFound(key)}${suggestion(meant)}`;
}

/** A fault in the configuration, described so that a person can correct it. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning';
  /** Key of the entry it concerns; absent when it concerns the whole file or the gateway's settings. */
  readonly server?: string;
  /** Names file, key path, what was found, what is expected, and the cure. Never a secret. */
  readonly message: string;
}

/** This key would set the prototype of an object to which it is copied. */
export const UNSAFE_KEY = '__proto__';
export const EXPECTED_ROOT = 'an object with servers';

export function unsafe(path: KeyPath): Diagnostic {
  return warning(path, `found the key "${UNSAFE_KEY}", which is never read; rename it`);
}

interface Position {
  readonly line: number;
  readonly column: number;
}

export function positionAt(source: string, offset: number): Position {
  const lines = source.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

export function syntaxError(file: string, { line, column }: Position, mistake: string): GatewayError {
  const message = `${file}:${line}:${column}: ${mistake}`;
  return new GatewayError('CONFIG_INVALID', message, { details: { file, line, column } });
}
