import type { LogEntry } from '../core/log.ts';
import { paintFor } from './display/paint.ts';
import { wrapLines } from './display/width.ts';
import { shown } from './terminal.ts';

/** What goes without saying at a terminal. */
const LEFT_OUT = ['stack'];

/** A line of the log for a person at a terminal: when, how bad, what, and whatever belongs to it. */
export function logLine({ time, level, message, fields }: LogEntry): string {
  const { columns, isTTY: isErrorTty } = process.stderr;
  const { dim, yellow, red } = paintFor({ env: process.env, isErrorTty }, 'error');
  const colour = { debug: dim, info: (text: string) => text, warning: yellow, error: red }[level];
  const { server, ...rest } = fields;
  const more = Object.entries(rest).flatMap(([name, value]) =>
    value === undefined || LEFT_OUT.includes(name)
      ? []
      : `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const head = [typeof server === 'string' ? `${server}: ${message}` : message, ...more].join('; ');
  const clock = time.toTimeString().slice(0, 8);
  const mark = level === 'warning' || level === 'error' ? `${level}: ` : '';
  return wrapLines(`${dim(clock)}  ${colour(shown(`${mark}${head}`))}`, columns);
}
