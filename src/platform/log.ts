import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { blankForms } from '../core/credential-forms.ts';

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

const SEVERITY: Record<LogLevel, number> = { debug: 0, info: 1, warning: 2, error: 3 };

type Fields = { readonly [key: string]: unknown };

/** Structured log: one JSON object per line. Callers pass names, states and causes, never secrets or arguments. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warning(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** Sets the lowest level that is logged. Takes effect at once, also for loggers handed out before. */
  setLevel(level: LogLevel): void;
}

/** Blanks unknown secrets by their form. Callers blank the secrets that they know. */
function blanked(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? blankForms(value) : value;
}

/** One message of the log. */
export interface LogEntry {
  readonly time: Date;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Fields;
}

/**
 * A logger that hands each line, newline included, to `write`: as JSON, or as `format` returns it (undefined: no line).
 */
export function createLogger(
  write: (line: string) => void,
  initial: LogLevel = 'info',
  format: (entry: LogEntry) => string | undefined = asJson,
): Logger {
  let threshold = SEVERITY[initial];
  const at =
    (level: LogLevel) =>
    (message: string, fields: Fields = {}) => {
      if (SEVERITY[level] < threshold) return;
      const line = format({ time: new Date(), level, message, fields });
      if (line !== undefined) write(`${format === asJson ? line : blankForms(line)}\n`);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    setLevel: (level) => {
      threshold = SEVERITY[level];
    },
  };
}

function asJson({ time, level, message, fields }: LogEntry): string {
  return JSON.stringify({ time: time.toISOString(), level, message, ...fields }, blanked);
}

/** Size in bytes at which a log file is renamed to `.1`, replacing the previous one. */
const MAX_BYTES = 1024 * 1024;

/** Opens a log file at its end, for us or for a child's stderr. A full file is renamed first. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'a', 0o600);
  if (fstatSync(file).size < MAX_BYTES) return file;
  closeSync(file);
  renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/** Writes lines to a bounded log file. If the disk refuses, the line is lost and nothing else happens. */
export function logWriter(path: string): (line: string) => void {
  let file: number | undefined;
  let bytes = 0;
  return (line) => {
    try {
      if (file !== undefined && bytes > MAX_BYTES) {
        closeSync(file);
        file = undefined;
      }
      if (file === undefined) {
        file = openLog(path);
        bytes = fstatSync(file).size;
      }
      bytes += writeSync(file, line);
    } catch {
      // No other place is left to report this.
    }
  };
}
