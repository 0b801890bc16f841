import { causeOf } from '../../core/errors.ts';
import { createLogger, type Logger } from '../../platform/log.ts';
import { stderrWriter } from '../../platform/process.ts';
import { withServerLogs } from '../../platform/server-logs.ts';

/** Creates the log on stderr, which also gets uncaught errors and unhandled rejections. */
export async function processLog(): Promise<Logger> {
  // A terminal gets lines for people, a file or program gets JSON.
  const format = process.stderr.isTTY ? (await import('./log-line.ts')).logLines() : undefined;
  const log = withServerLogs(createLogger(stderrWriter(), 'info', format));
  process.on('uncaughtException', (error) => log.error('uncaught', { error: causeOf(error), stack: error.stack }));
  process.on('unhandledRejection', (reason) => log.error('unhandled rejection', { error: causeOf(reason) }));
  return log;
}
