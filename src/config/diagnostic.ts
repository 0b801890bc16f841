import { clip, GatewayError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';

/** Where a value stands in the file, in the words and indexes of the person who wrote it. */
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

/** `['servers', 2, 'a b']` → `servers[2]["a b"]`. */
export function formatPath(path: KeyPath): string {
  return path.map(segment).join('').replace(/^\./, '');
}

function segment(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  return /^[\w$@-]{1,60}$/.test(key) ? `.${key}` : `[${JSON.stringify(clip(key, MAX_SEGMENT))}]`;
}

/** The finding as the rest of the gateway reports it: `file: key.path: text`. */
export function toProblem(file: string, { severity, server, path, text }: Diagnostic): ConfigProblem {
  // What no file says has no place but the path.
  const place = [file, path.length === 0 ? '' : formatPath(path)].filter(Boolean).join(': ') || 'configuration';
  return { severity, message: `${place}: ${text}`, ...(server !== undefined && { server }) };
}

/** The found value, for a message: plain values as written, or only their kind when they may hold a secret. */
export function describeFound(value: unknown, mayBeSecret = false): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'object') return 'an object';
  if (value === '') return 'an empty string';
  if (!mayBeSecret) return clip(JSON.stringify(value) ?? String(value), MAX_SEGMENT);
  return `a ${typeof value}`;
}

/** `, did you mean "x"?` or nothing. */
export function suggestion(name: string | undefined): string {
  return name === undefined ? '' : `, did you mean "${name}"?`;
}

/** `unknown key "tag", did you mean "tags"?`, for each of the keys. */
export function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  return keys.map((key) => unknownKey(key, nearest(key, known))).join('; ');
}

/** `unknown key "env", did you mean "environment"?` */
export function unknownKey(key: string, meant: string | undefined): string {
  return `unknown key ${describeFound(key)}${suggestion(meant)}`;
}

/** Something wrong in the configuration, said so that a person can mend it. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning';
  /** Key of the entry it concerns; absent when it concerns the whole file or the gateway's settings. */
  readonly server?: string;
  /** Names file, key path, what was found, what is expected, and the cure. Never a secret. */
  readonly message: string;
}

/** Would become the prototype of whatever it is copied into. */
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
