import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { BIN } from '../gateway/gateway-process.ts';
import { temporaryDirectory } from '../servers/fixture.ts';
import { expectDead, processesWith, waitUntil } from '../system/processes.ts';

const MARK = 'TEST_COMMAND_MARK';

/** A home directory with a configuration, in which commands are run; whatever they start is gone when the test ends. */
export function commandLine(config: object | string | undefined) {
  const home = temporaryDirectory();
  const file = join(home, '.config/mcp-gateway/config.json');
  mkdirSync(join(home, '.config/mcp-gateway'), { recursive: true });
  if (config !== undefined) writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  const mark = randomUUID();
  const xdg = { XDG_CONFIG_HOME: '', XDG_CACHE_HOME: '', XDG_DATA_HOME: '', MCP_GATEWAY_CONFIG: '' };
  const { NO_COLOR: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...inherited } = process.env;
  const env = { ...inherited, ...xdg, HOME: home, TERM: 'xterm', [MARK]: mark };
  const survivors = () => processesWith(MARK, mark);
  onTestFinished(() => expectDead(survivors(), 10_000));
  return {
    ...{ home, file, env, survivors },
    /** Runs a command with its output in pipes, to its end. */
    async run(args: readonly string[], { input = '', extra = {} as Record<string, string> } = {}) {
      const child = spawn(process.execPath, [BIN, ...args], { cwd: home, env: { ...env, ...extra } });
      child.stdin.end(input);
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
      return { code: child.exitCode, stdout, stderr };
    },
    /** Runs a command in a pseudo-terminal. */
    terminal: (args: readonly string[], options: { columns?: number; extra?: Record<string, string> } = {}) =>
      new PseudoTerminal(args, { cwd: home, env: { ...env, ...options.extra } }, options.columns ?? 90),
  };
}

/** A command in a terminal of its own: what it shows, what is typed, how it ends. */
export class PseudoTerminal {
  readonly #child: ChildProcess;
  #shown = '';
  #read = 0;

  constructor(args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }, columns: number) {
    const words = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const command = `stty cols ${columns} rows 30; exec ${words}`;
    this.#child = spawn('script', ['-qec', command, '/dev/null'], { ...options, stdio: 'pipe' });
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#shown += chunk;
    });
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  /** Everything shown so far, line ends as one character. */
  get shown(): string {
    return this.#shown.replaceAll('\r\n', '\n');
  }

  /** Waits until that is shown, after what was waited for before. */
  async until(pattern: string): Promise<this> {
    const at = () => this.#shown.indexOf(pattern, this.#read);
    await waitUntil(() => at() >= 0, { timeoutMs: 20_000, what: `${pattern} is shown; shown: ${this.#shown}` });
    this.#read = at() + pattern.length;
    return this;
  }

  type(typed: string): this {
    this.#child.stdin?.write(typed);
    return this;
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'close', { signal: AbortSignal.timeout(20_000) });
    return this.#child.exitCode;
  }
}
