import { displayText } from '../../core/invisible-characters.ts';
import { loginCommand } from '../../core/server-state.ts';
import type { LogEntry } from '../../platform/log.ts';
import { colorsFor } from './terminal.ts';
import { wrapLines } from './text-layout.ts';

/** Texts for log messages on servers, with the same words for their states as in lists. */
const OF_SERVERS: Readonly<Record<string, (server: string, fields: LogEntry['fields']) => string>> = {
  'server ready': (server) => `${server} is ready`,
  'server unavailable': (server, { error }) => `${server} is failing: ${error}; it is tried again`,
  'server needs a login': (server) => `${server} needs login: ${loginCommand(server)}`,
  'server stopped until its next use': (server) => `${server} is idle`,
};

/**
 * Returns a function that formats a log message for a person at a terminal: time, level, message. It returns undefined
 * for a repetition of the last line on a server.
 */
export function logLines(): (entry: LogEntry) => string | undefined {
  const last = new Map<unknown, string>();
  return ({ time, level, message, fields }) => {
    const { server } = fields;
    const text = textOf(message, fields);
    if (server !== undefined && last.get(server) === text) return undefined;
    last.set(server, text);
    const { columns, isTTY: isErrorTty } = process.stderr;
    const { dim, yellow, red } = colorsFor({ env: process.env, isErrorTty }, 'error');
    const colour = { debug: dim, info: (said: string) => said, warning: yellow, error: red }[level];
    const mark = level === 'warning' || level === 'error' ? `${level}: ` : '';
    return wrapLines(`${dim(time.toTimeString().slice(0, 8))}  ${colour(displayText(`${mark}${text}`))}`, columns);
  };
}

function textOf(message: string, { server, stack: _, ...fields }: LogEntry['fields']): string {
  if (typeof server === 'string' && Object.hasOwn(OF_SERVERS, message))
    return OF_SERVERS[message]?.(server, fields) ?? message;
  const more = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [typeof server === 'string' ? `${server}: ${message}` : message, ...more].join('; ');
}
