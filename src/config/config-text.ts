import { GatewayError } from '../core/errors.ts';
import { type Finding, type KeyPath, warning } from './finding.ts';

/** Would become the prototype of whatever it is copied into. */
export const UNSAFE_KEY = '__proto__';
export const EXPECTED_ROOT = 'an object with servers';

export function unsafe(path: KeyPath): Finding {
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
