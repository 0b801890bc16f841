import { createServer, type Socket } from 'node:net';
import { loadToStart, startSource } from '../config/source/source.ts';
import { causeOf } from '../core/errors.ts';
import { cacheDirectory, dataDirectory } from '../platform/directories.ts';
import { createLogger, logWriter } from '../platform/log.ts';
import { signalled } from '../platform/process.ts';
import { withServerLogs } from '../platform/server-logs.ts';
import { serverMemory } from '../upstream/catalog-cache.ts';
import type { DaemonOptions } from './attach.ts';
import { claim, endTurn, withdraw } from './sockets.ts';

/** Longest wait of a daemon for its first session, in ms. */
const FIRST_SESSION_MS = 3_000;
/** Longest time that the gateway may take to stop once its sessions have left, in ms; then the process exits. */
const STOP_DEADLINE_MS = 4_500;

/**
 * Runs the daemon that sessions with `--shared` share; `argument` is its `DaemonOptions` as JSON. Resolves with the
 * exit code when no session has been open for `daemon.idleSeconds`, a signal came, or there is another daemon already.
 */
export async function runDaemon(argument: string): Promise<number> {
  const options = JSON.parse(argument) as DaemonOptions;
  const log = withServerLogs(createLogger(logWriter(options.log)));
  process.on('uncaughtException', (error) => log.error('uncaught', { error: causeOf(error), stack: error.stack }));
  process.on('unhandledRejection', (reason) => log.error('unhandled rejection', { error: causeOf(reason) }));
  const early: Socket[] = [];
  let accept = (socket: Socket): void => {
    early.push(socket);
  };
  const server = createServer((socket) => accept(socket.on('error', () => {})));
  const address = await claim(options, server);
  // There is another daemon; relays that have connected to this one meanwhile find it.
  if (address === undefined) return 0;
  await endTurn(options);

  const { ended, idle } = watchForEnd();
  const source = startSource(options.config, options.project);
  const config = await loadToStart(options.config, source);
  const { Gateway } = await import('../gateway/gateway.ts');
  const { LocalEdge } = await import('../downstream/local/local-edge.ts');
  const directories = { cacheDirectory: cacheDirectory(), dataDirectory: dataDirectory() };
  const gateway = new Gateway(config, { log, ...directories }, serverMemory(directories.cacheDirectory));
  const edge = new LocalEdge(gateway.internals(), {
    firstDirectory: options.firstDirectory,
    onSessions: (count) => idle(count === 0 ? gateway.settings.daemon.idleSeconds * 1_000 : undefined),
  });
  idle(FIRST_SESSION_MS);
  let isServing = false;
  accept = (socket) => {
    edge.accept(socket);
    // Servers start with the first session: the process that started this daemon may have found another one, or ended.
    if (!isServing) gateway.startServers();
    isServing = true;
  };
  for (const socket of early) accept(socket);
  gateway.watch(source);
  log.info('shared gateway started', { pid: process.pid, config: options.config });

  const reason = await ended;
  log.info('shared gateway stopping', { pid: process.pid, reason });
  // Relays cannot find this daemon any more; those connected to it are told to look for the next.
  await withdraw(address);
  accept = (socket) => void socket.destroy();
  await edge.stop();
  setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
  await gateway.stop();
  return 0;
}

/**
 * Returns `ended`, which resolves with the reason (a signal, or as much time without a session as `idle` was told
 * last), and `idle`, which takes that time in ms; undefined: there is a session.
 */
function watchForEnd(): { readonly ended: Promise<string>; readonly idle: (afterMs: number | undefined) => void } {
  let timer: NodeJS.Timeout | undefined;
  let resolveEnded: (reason: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    resolveEnded = resolve;
  });
  void signalled().then(resolveEnded);
  return {
    ended,
    idle: (afterMs) => {
      clearTimeout(timer);
      if (afterMs !== undefined) timer = setTimeout(() => resolveEnded('the last session has gone'), afterMs);
    },
  };
}
