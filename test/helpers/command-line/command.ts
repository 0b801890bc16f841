import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { BIN } from '../gateway/gateway-process.ts';
import { expectDead, processesWith } from '../system/processes.ts';

/** Inherited by every process below the command, so that its orphans are found. */
const MARK = 'TEST_COMMAND_MARK';

export interface CommandOptions {
  readonly home: string;
  readonly cwd?: string;
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends it when it resolves. */
  readonly interrupted?: (pid: number) => Promise<void>;
}

export interface CommandResult {
  /** Of the command; null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the built bin to its end, in a home of its own; fails when any process is left behind. */
export async function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { home, cwd = home, interrupted } = options;
  const mark = randomUUID();
  const xdg = { XDG_CONFIG_HOME: undefined, XDG_CACHE_HOME: undefined, XDG_DATA_HOME: undefined };
  const own = { HOME: home, MCP_GATEWAY_CONFIG: undefined, NODE_OPTIONS: undefined, [MARK]: mark };
  const env = { ...process.env, ...xdg, ...own, ...options.env };
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  if (interrupted) {
    await interrupted(child.pid as number);
    child.kill('SIGINT');
  }
  const [code] = (await exited) as [number | null];
  await expectDead(processesWith(MARK, mark));
  const [stdout, stderr] = await output;
  return { code, stdout, stderr };
}
