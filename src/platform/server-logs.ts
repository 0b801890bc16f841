import { createHash } from 'node:crypto';
import { closeSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pruneOldest } from './atomic-file.ts';
import { stateDirectory } from './directories.ts';
import { type Logger, type LogLevel, openLog } from './log.ts';

type Fields = Parameters<Logger['debug']>[1];

/**
 * Most characters of a server's log that wait for the disk. Lines beyond it are dropped, so that no caller waits for
 * the disk.
 */
const MAX_BATCH_CHARS = 64 * 1024;
const BATCH_MS = 100;
const MAX_FILES = 400;

/**
 * Messages of the gateway's log that are copied into a server's log, and their form there. Lines of the server's stderr
 * begin with a bar.
 */
const KEPT: Readonly<Record<string, (fields: NonNullable<Fields>) => string>> = {
  stderr: ({ line }) => `| ${line}`,
  transport: ({ error }) => `* ${error}`,
  'server ready': () => '* ready',
  'server unavailable': ({ error, retryInMs }) =>
    `* failed: ${error}; tried again in ${Math.ceil(Number(retryInMs) / 1_000)} s`,
  'server needs a login': () => '* needs login',
  'server stopped until its next use': () => '* stopped until its next use',
  'tools/list': ({ problem }) => `* tools/list: ${problem}`,
};

/** Directory of the servers' logs. */
export function serverLogDirectory(env?: NodeJS.ProcessEnv): string {
  return join(stateDirectory(env), 'servers');
}

/** Path of a server's log. Characters that are unsafe in a file name are replaced. */
export function serverLogFile(directory: string, server: string): string {
  const plain = server.replace(/[^\w-]/g, '_').slice(0, 60);
  const mark = plain === server ? '' : `-${createHash('sha256').update(server).digest('hex').slice(0, 8)}`;
  return join(directory, `${plain}${mark}.log`);
}

/**
 * A logger that also writes the stderr and the changes of state of servers, each server to a file of its own, whatever
 * the level of the log. `mcp-gateway logs` shows the files. Callers have already blanked secrets in the lines.
 */
export function withServerLogs(log: Logger, directory: string = serverLogDirectory()): Logger {
  const logs = new Map<string, ServerLog>();
  const begin = () => {
    process.once('exit', () => {
      for (const each of logs.values()) each.flush();
    });
    void pruneOldest(directory, MAX_FILES).catch(() => {});
  };
  const keep = (message: string, fields: Fields) => {
    if (!Object.hasOwn(KEPT, message) || typeof fields?.server !== 'string') return;
    if (logs.size === 0) begin();
    const known = logs.get(fields.server) ?? new ServerLog(serverLogFile(directory, fields.server));
    logs.set(fields.server, known);
    known.add(KEPT[message]?.(fields) ?? '');
  };
  const at = (level: LogLevel) => (message: string, fields?: Fields) => {
    keep(message, fields);
    log[level](message, fields);
  };
  return { debug: at('debug'), info: at('info'), warning: at('warning'), error: at('error'), setLevel: log.setLevel };
}

/** The log of one server, written every 100 ms. Other processes write to the same file, so it is opened each time. */
class ServerLog {
  readonly #path: string;
  #lines = '';
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  add(text: string): void {
    const line = `${new Date().toISOString()} ${process.pid} ${text.replace(/\r?\n/g, ' ')}\n`;
    if (this.#lines.length + line.length > MAX_BATCH_CHARS) this.#lost++;
    else this.#lines += line;
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS).unref();
  }

  /** Writes the waiting lines. If the disk refuses, they are lost and nothing else happens. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [lines, lost] = [this.#lines, this.#lost];
    this.#lines = '';
    this.#lost = 0;
    if (lost > 0) this.add(`* ${lost} lines came too fast and were not kept`);
    if (lines === '') return;
    try {
      const file = openLog(this.#path);
      writeSync(file, lines);
      closeSync(file);
    } catch {
      // No other place is left to report this.
    }
  }
}
