import { causeOf } from '../../core/errors.ts';
import { createLogger, type Logger } from '../../platform/log.ts';
import { stderrWriter } from '../../platform/process.ts';
import { withServerLogs } from '../../platform/server-logs.ts';

/** Creates the log on stderr; uncaught errors and unhandled rejections are logged too. */
export async function processLog(): Promise<Logger> {
  // A program reads JSON, a person at a terminal lines.
  const format = process.stderr.isTTY ? (await import('./log-line.ts')).logLines() : undefined;
  const log = withServerLogs(createLogger(stderrWriter(), 'info', format));
  process.on('uncaughtException', (error) => log.error('uncaught', { error: causeOf(error), stack: error.stack }));
  process.on('unhandledRejection', (reason) => log.error('unhandled rejection', { error: causeOf(reason) }));
  return log;
}
