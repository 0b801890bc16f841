import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import { spawnProgram } from '../platform/spawn-program.ts';
import { usersEnvironment } from '../platform/users-environment.ts';
import { workingDirectory } from '../platform/working-directory.ts';

/** What is started, and where. */
export interface ChildOptions {
  /** Executable and its arguments. */
  readonly command: readonly string[];
  /** Added to the gateway's own environment, which is passed on as hosts do, but for what belongs to a project. */
  readonly environment: { readonly [name: string]: string };
  /** Variables that it does not inherit. */
  readonly unset?: readonly string[];
  readonly cwd?: string;
  /** Of the configuration that names it; where it runs without a `cwd`. */
  readonly folder?: string;
}

/** Starts the process of a server, with pipes. */
export function spawnChild(options: ChildOptions): ChildProcess | Promise<ChildProcess> {
  const [file = '', ...args] = options.command;
  const cwd = workingDirectory(options);
  return spawnProgram(file, args, { cwd, env: environmentOf(options, cwd), stdio: ['pipe', 'pipe', 'pipe'] });
}

function environmentOf({ environment, unset = [], folder }: ChildOptions, cwd: string): NodeJS.ProcessEnv {
  const inherited: NodeJS.ProcessEnv = { ...usersEnvironment(process.env, { folder }) };
  if (process.platform !== 'win32') inherited.PWD = resolve(cwd);
  for (const name of unset) delete inherited[name];
  return { ...inherited, ...environment };
}

/** Why it could not be started. */
export function spawnFailure(error: NodeJS.ErrnoException, options: ChildOptions): GatewayError {
  const {
    command: [file = ''],
  } = options;
  return new GatewayError('UPSTREAM_UNAVAILABLE', reasonOf(error, file, workingDirectory(options)), { cause: error });
}

function reasonOf({ code, message }: NodeJS.ErrnoException, file: string, cwd: string): string {
  if (code === 'EACCES') return `command "${file}" is not executable`;
  if (code !== 'ENOENT') return `command "${file}" could not be started: ${message}`;
  if (!existsSync(cwd)) return `its cwd ${cwd} does not exist`;
  return `command "${file}" was not found ${/[\\/]/.test(file) ? `in ${cwd}` : 'on PATH'}`;
}
