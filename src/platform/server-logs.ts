import { createHash } from 'node:crypto';
import { closeSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { keepNewest } from './atomic-file.ts';
import { stateDirectory } from './directories.ts';
import { type Logger, type LogLevel, openLog } from './log.ts';

type Fields = Parameters<Logger['debug']>[1];

/** What is written of a server at one time: one that says more loses lines, and nobody waits for the disk. */
const MAX_BATCH_CHARS = 64 * 1024;
const BATCH_MS = 100;
const MAX_FILES = 400;

/** What of the gateway's log belongs into that of a server; the lines of its stderr stand behind a bar. */
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

/** Where the logs of servers are. */
export function serverLogDirectory(env?: NodeJS.ProcessEnv): string {
  return join(stateDirectory(env), 'servers');
}

/** The file of a server's log; any key is a safe name. */
export function serverLogFile(directory: string, server: string): string {
  const plain = server.replace(/[^\w-]/g, '_').slice(0, 60);
  const mark = plain === server ? '' : `-${createHash('sha256').update(server).digest('hex').slice(0, 8)}`;
  return join(directory, `${plain}${mark}.log`);
}

/**
 * A logger that also keeps what servers say on stderr and what becomes of them, each in a file of its own, whatever the
 * level of the log: `mcp-gateway logs` shows it. Lines have been rid of secrets by whoever logs them.
 */
export function withServerLogs(log: Logger, directory: string = serverLogDirectory()): Logger {
  const logs = new Map<string, ServerLog>();
  const begin = () => {
    process.once('exit', () => {
      for (const each of logs.values()) each.flush();
    });
    void keepNewest(directory, MAX_FILES).catch(() => {});
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

/** The log of one server, written now and then. Other processes write to the same file, so it is opened each time. */
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

  /** A disk that refuses costs lines and nothing else. */
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
      // There is nobody else to tell.
    }
  }
}
