import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import { workingDirectory } from '../platform/directories.ts';
import { spawnProgram } from '../platform/process-group.ts';
import { usersEnvironment } from '../platform/users-environment.ts';

/**
 * Script of the reaper. It keeps a list of process groups, given in lines `+ <pgid>` and `- <pgid>`, and sleeps in
 * `read` between them. The end of its input means that the gateway is gone. Well-behaved children have then lost their
 * stdin too and get one second; SIGTERM gives two more before SIGKILL. A group that has ended is dropped at each step,
 * since its number may be reused. An unfinished line is ignored: `read` fails without a line break.
 */
const SCRIPT = `
trap '' HUP INT TERM
groups=
others() { for each in $groups; do [ "$each" = "$1" ] || printf ' %s' "$each"; done; }
signal() { for each in $groups; do kill -s "$1" -- "-$each" 2>&- || groups=$(others "$each"); done; }
while read -r change group; do
  case $group in '' | 0 | 1 | *[!0-9]*) continue ;; esac
  groups=$(others "$group")
  [ "$change" = + ] && groups="$groups $group"
done
for sign in 0 TERM 0; do
  signal "$sign"
  [ "$groups" ] || exit 0
  sleep 1
done
signal KILL
`;

// Module state, because the reaper waits for the end of one process: this one.
const guarded = new Set<number>();
let reaper: ChildProcess | undefined;

/**
 * Ends a process group soon after this process has ended, also by SIGKILL: children that ignore the end of their stdin
 * would survive it, since they lead groups of their own. Costs one `/bin/sh` per gateway. Without `/bin/sh`, and on
 * Windows, a gateway that is killed may leave such children behind.
 */
export function guardGroup(pgid: number): void {
  if (process.platform === 'win32') return;
  guarded.add(pgid);
  if (reaper) tell(`+ ${pgid}`);
  // Starting a process blocks for some milliseconds, so the servers start first.
  else setImmediate(start);
}

/** Ends the guard of a group that has ended, because its number may be reused. */
export function releaseGroup(pgid: number): void {
  if (guarded.delete(pgid)) tell(`- ${pgid}`);
}

function start(): void {
  if (reaper || guarded.size === 0) return;
  try {
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'mcp-gateway-reaper'], {
      cwd: '/',
      env: { ...usersEnvironment() },
      // In a session of its own, so that signals to our group or terminal do not reach it.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    reaper = child;
    const gone = () => {
      if (reaper === child) reaper = undefined;
    };
    child.once('error', gone).once('exit', gone);
    child.stdin.on('error', gone);
    child.unref();
    if (child.stdin instanceof Socket) child.stdin.unref();
    for (const pgid of guarded) tell(`+ ${pgid}`);
  } catch {
    // No process could be started; the next child tries again.
    reaper = undefined;
  }
}

function tell(line: string): void {
  if (reaper?.stdin?.writable) reaper.stdin.write(`${line}\n`);
}

/** Command of a server's process, its environment and its working directory. */
export interface ChildOptions {
  /** Executable and its arguments. */
  readonly command: readonly string[];
  /** Variables that are added to the inherited environment: the gateway's own without those of a project. */
  readonly environment: { readonly [name: string]: string };
  /** Names of variables that it does not inherit. */
  readonly unset?: readonly string[];
  readonly cwd?: string;
  /** Folder of the configuration that names it; the working directory without a `cwd`. */
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

/** Makes the error for a process that could not be started. */
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
