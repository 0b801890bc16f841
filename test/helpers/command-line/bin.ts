import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { BIN } from '../gateway/gateway-process.ts';
import { temporaryDirectory } from '../servers/fixture.ts';
import { waitUntil } from '../system/processes.ts';

/** A home directory with a configuration where `mcp-gateway` looks for one. */
export interface BinHome {
  readonly home: string;
  /** What its commands and gateways have as their environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly data: string;
}

export function binHome(config: object): BinHome {
  const home = temporaryDirectory();
  const folder = join(home, '.config/mcp-gateway');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_DATA_HOME: join(home, '.data'),
  };
  return { home, env, data: join(home, '.data/mcp-gateway') };
}

/** A command of the built bin, running: its output so far, its end. */
export function startBin(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [BIN, ...args], { env, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const ended = once(child, 'close').then(([code]) => ({ code, stdout: output.join(''), stderr: errors.join('') }));
  return {
    ended,
    type: (text: string) => child.stdin.write(text),
    endInput: () => child.stdin.end(),
    /** The first match of a pattern in what it has said, or will. */
    says: (pattern: RegExp) =>
      waitUntil(() => pattern.exec(output.join('') + errors.join('')), { what: `${args.join(' ')} says ${pattern}` }),
  };
}

/** Runs a command of the built bin to its end. */
export function runBin(args: readonly string[], env: Readonly<Record<string, string>>) {
  const { ended, endInput } = startBin(args, env);
  endInput();
  return ended;
}
