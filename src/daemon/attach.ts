import { type StdioOptions, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { homeOf, isConfigPath, resolveConfigPath } from '../config/locate.ts';
import { projectAt } from '../config/project/project.ts';
import { causeOf } from '../core/errors.ts';
import { dataDirectory, stateDirectory } from '../platform/directories.ts';
import { createLogger, type Logger, openLog } from '../platform/log.ts';
import { processOutput, signalled, stderrWriter } from '../platform/process.ts';
import { commonEnvironment, identityOf, socketDirectory } from './locate.ts';
import { Relay } from './relay.ts';
import { reach, type SocketAddress } from './sockets.ts';

/** The arguments of a daemon process, passed to it as JSON. */
export interface DaemonOptions extends SocketAddress {
  /** Absolute path of the configuration file. */
  readonly config: string;
  /** Directory of the project whose file counts too; absent: none does. */
  readonly project?: string | undefined;
  /** The working directory of the session that started it. */
  readonly firstDirectory: string;
  /** Path of the daemon's log. */
  readonly log: string;
}

/**
 * `mcp-gateway --shared`: serves one client over stdio through the daemon that all sessions share; sessions of a
 * project with a file of its own share another daemon. `config` is an absolute path; without a `directory` projects do
 * not count. Resolves with the exit code when the client has gone or a signal came. Throws if the directory of the
 * daemon's socket is not safe.
 */
export async function attach(config: string, directory: string | undefined): Promise<number> {
  const log = createLogger(stderrWriter(), process.env.MCP_GATEWAY_LOG_LEVEL === 'debug' ? 'debug' : 'info');
  const project = directory === undefined ? undefined : projectFileOf(directory, process.env);
  const files = project === undefined ? [config] : [config, project];
  const env = commonEnvironment(files, process.env);
  const place = { directory: socketDirectory(env), id: identityOf(files, env) };
  const options = {
    ...{ ...place, config, project: project && dirname(project) },
    ...{ firstDirectory: process.cwd(), log: `${stateDirectory(env)}/daemon.log` },
  };
  log.debug('attaching to the shared gateway', { id: place.id, log: options.log });
  const relay = new Relay({
    input: process.stdin,
    output: processOutput(1),
    hello: { session: randomUUID(), directory: process.cwd() },
    reach: () => reach(place, () => startDaemon(options, env, log)),
    log,
  });
  const served = relay.run().then(
    () => 0,
    async (error: unknown) => {
      const reason = `${causeOf(error)}; its log: ${options.log}`;
      log.error('no shared gateway', { error: reason });
      relay.giveUp(reason);
      // The relay writes its lines at the end of the turn of the event loop.
      await immediate();
      return 1;
    },
  );
  return Promise.race([served, signalled().then(() => 0)]);
}

/**
 * Attaches if the command line has no options but those of such a session. Resolves with undefined for any other
 * command line, and where `attach` throws: then the full command line handles it. It is not loaded here, because that
 * takes longer than such a session may take to start.
 */
export async function attachEarly(argv: readonly string[]): Promise<number | undefined> {
  const options = {
    shared: { type: 'boolean' },
    config: { type: 'string', short: 'c' },
    'no-project': { type: 'boolean' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const words = [values.config, ...positionals].filter((word) => word !== undefined);
    const directory = values['no-project'] ? undefined : process.cwd();
    const isOurs = words.length < 2 && positionals.every(isConfigPath);
    return isOurs ? await attach(resolveConfigPath({ argument: words[0] }), directory) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The path of the project's file, also of one that is not confirmed yet, because it may be at any time. Undefined:
 * there is none, or a person has declined it.
 */
function projectFileOf(directory: string, env: NodeJS.ProcessEnv): string | undefined {
  const project = projectAt(directory, { home: homeOf(env), dataDirectory: dataDirectory(env) });
  return project?.status === 'declined' ? undefined : project?.path;
}

/**
 * Starts a daemon that outlives this process, in the home directory, as it belongs to no session. A shell starts it and
 * ends at once, since some hosts end all descendants of the processes that they have started.
 */
function startDaemon(options: DaemonOptions, env: NodeJS.ProcessEnv, log: Logger): void {
  const stderr = logFile(options.log);
  const words = [...process.execArgv, resolve(process.argv[1] ?? ''), '--daemon', JSON.stringify(options)];
  const stdio: StdioOptions = ['ignore', 'ignore', stderr ?? 'ignore'];
  const start = (file: string, args: readonly string[]) => {
    const started = spawn(file, args, { cwd: homeOf(env), env, detached: true, windowsHide: true, stdio });
    started.unref();
    return started;
  };
  const failed = (error: Error) => log.error('the shared gateway could not be started', { error: causeOf(error) });
  const startDirectly = () => start(process.execPath, words).on('error', failed);
  if (process.platform === 'win32') startDirectly();
  else start('/bin/sh', ['-c', '"$@" &', 'mcp-gateway', process.execPath, ...words]).on('error', startDirectly);
  if (stderr !== undefined) closeSync(stderr);
}

/** Opens the log; undefined where that fails: the daemon runs without one. */
function logFile(path: string): number | undefined {
  try {
    return openLog(path);
  } catch {
    return undefined;
  }
}
