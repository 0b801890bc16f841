import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import { workingDirectory } from '../platform/directories.ts';
import { spawnProgram } from '../platform/process-group.ts';
import { usersEnvironment } from '../platform/users-environment.ts';

/**
 * What the reaper runs: it keeps the list of groups that it is told by lines `+ <pgid>` and `- <pgid>`, and sleeps in
 * `read` meanwhile. The end of its input means that we are gone. Well-behaved children have then seen the end of theirs
 * too and get a second; SIGTERM gets two more before SIGKILL. A group that has ended is forgotten at each step, since its
 * number may come back. A line that we could not finish is not taken: `read` fails without a line break.
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

// State of the module: there is one process whose death is waited for, ours.
const guarded = new Set<number>();
let reaper: ChildProcess | undefined;

/**
 * Has a process group ended soon after this process, however this process dies, SIGKILL included: nobody else would end
 * children that ignore the end of their input, since they lead groups of their own. Costs one `/bin/sh` per gateway.
 * Where there is none (or on Windows) a gateway that is killed may leave such children behind.
 */
export function guardGroup(pgid: number): void {
  if (process.platform === 'win32') return;
  guarded.add(pgid);
  if (reaper) tell(`+ ${pgid}`);
  // To start a process holds us up by some milliseconds: first come the servers.
  else setImmediate(start);
}

/** The group is gone: its number may belong to somebody else from now on. */
export function releaseGroup(pgid: number): void {
  if (guarded.delete(pgid)) tell(`- ${pgid}`);
}

function start(): void {
  if (reaper || guarded.size === 0) return;
  try {
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'mcp-gateway-reaper'], {
      cwd: '/',
      env: { ...usersEnvironment() },
      // A session of its own, so that what is sent to our group or terminal does not reach it.
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
    // No process could be started; the next child asks again.
    reaper = undefined;
  }
}

function tell(line: string): void {
  if (reaper?.stdin?.writable) reaper.stdin.write(`${line}\n`);
}

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
