import { setImmediate as immediate } from 'node:timers/promises';
import type { SearchRequest } from '../../broker/finder.ts';
import type { GatewayConfig } from '../../config/load.ts';
import type { ServerConfig } from '../../config/schema.ts';
import { abortable, withTimeout } from '../../core/abort.ts';
import { type Caller, LOCAL } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import type { JsonObject } from '../../core/json.ts';
import { isComingUp, serverState } from '../../core/server-state.ts';
import type { ToolEntry } from '../../core/tool.ts';
import type { EdgeServices, GatewayServices } from '../../downstream/gateway-services.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { cacheDirectory, dataDirectory } from '../../platform/directories.ts';
import { createLogger, type Logger } from '../../platform/log.ts';
import { serverLogDirectory, withServerLogs } from '../../platform/server-logs.ts';
import { serverMemory } from '../../upstream/catalog-cache.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import { StatusLine } from '../terminal/status-line.ts';
import { colorsFor, type Terminal } from '../terminal/terminal.ts';
import { Person } from './calling/person.ts';
import { checkIsEnabled, checkServers, readConfiguration } from './configuration.ts';
import { reportErrors } from './report.ts';

export interface LocalGatewayOptions {
  /** Path of our file as typed; absent: the default places are searched. */
  readonly config?: string | undefined;
  /** Keys of the servers that the user named: these are wanted and must exist. Absent: all are wanted. */
  readonly servers?: readonly string[] | undefined;
  /** Ids of the tools that the user named: their servers are wanted. */
  readonly tools?: readonly string[] | undefined;
  /** True to leave out servers that are not wanted; else their tools come from the catalog cache. */
  readonly leavesOut?: boolean | undefined;
  /** Returns true for a wanted server that starts although its tools are cached; absent: no such server starts. */
  readonly wakes?: ((upstream: Upstream, catalogCache: GatewayServices['catalogCache']) => boolean) | undefined;
  /** True to show the log messages of servers. */
  readonly showsLogs?: boolean;
  /** Resolves when the command has read its input, such as stdin; no server starts before that, or if it rejects. */
  readonly input?: Promise<unknown> | undefined;
  /** Longest wait for secrets and for starting servers together, in ms. */
  readonly patienceMs: number;
  /** Absolute folders that servers get as roots; absent: servers see a client without roots. */
  readonly roots?: readonly string[] | undefined;
}

/** A gateway in this process, which lives as long as a command runs. */
export interface LocalGateway extends Pick<EdgeServices, 'broker' | 'catalog' | 'catalogCache' | 'pool'> {
  readonly gateway: Gateway;
  /** The whole configuration, including servers that are not wanted. */
  readonly config: GatewayConfig;
  readonly caller: Caller;
  /** The user at the terminal, who answers the servers' questions. */
  readonly person: Person;
  readonly status: StatusLine;
  /** Returns the last line of a server's stderr; undefined if the server has written none. */
  readonly lastWords: (server: string) => string | undefined;
  /** Problems of lists, in sentences that name the server. */
  readonly listProblems: readonly string[];
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Interval in ms at which the status line shows the servers that are still starting. */
const QUICK_MS = 150;
/** Greatest length, in characters, of a server's last stderr line in a message; the rest is cut. */
const MAX_WORDS = 200;
/** Longest wait for the end of all servers, in ms. */
const STOP_MS = 4_500;

/**
 * Runs a command with its own gateway, which sees what a client would see. Resolves with the exit code after all
 * servers have ended: the command's, 1 if the gateway throws an error, 130 after Ctrl-C. Writes an error to stderr
 * before the servers end, as their end may take seconds.
 */
export async function withGateway(
  name: string,
  options: LocalGatewayOptions,
  terminal: Terminal,
  run: (local: LocalGateway) => Promise<number>,
): Promise<number> {
  let stop = async () => {};
  try {
    return await reportErrors(terminal, name, async () => {
      await options.input;
      const waitsUntil = Date.now() + options.patienceMs;
      const config = await readWanted(options, terminal);
      const local = openGateway(config, { ...options, waitsUntil }, terminal);
      stop = () => stopInTime(local.gateway);
      return startWanted(local, options)
        .then(() => run(local))
        .catch((error: unknown) => {
          // After Ctrl-C other steps fail too; only the interruption is reported.
          throw local.signal.aborted ? local.signal.reason : error;
        });
    });
  } finally {
    await stop();
  }
}

/** Stops the gateway, and returns after `STOP_MS` even if servers have not ended. */
async function stopInTime(gateway: Gateway): Promise<void> {
  const stopped = gateway.stop();
  await withTimeout(STOP_MS, (late) => abortable(stopped, late)).catch(() => {});
}

/**
 * Reads the configuration and writes its problems to stderr, except those of servers that the answer itself names.
 * Throws `SERVER_NOT_FOUND` if a wanted server is not in it. Waits for secrets at most half of `patienceMs`; the other
 * half is for servers.
 */
async function readWanted(options: LocalGatewayOptions, terminal: Terminal): Promise<GatewayConfig> {
  const { writeError } = terminal;
  const config = await readConfiguration(options.config, terminal, options.patienceMs / 2);
  if (!config.found) throw noConfig(config.path);
  const { yellow } = colorsFor(terminal, 'error');
  const isTold = (server: string, severity: string) =>
    isWanted(server, options) && (options.tools !== undefined || severity === 'warning');
  const told = config.problems.filter(({ server, severity }) => server === undefined || isTold(server, severity));
  for (const { message } of told) writeError(`${yellow(`mcp-gateway: ${displayText(message)}`)}\n`);
  checkServers(options.servers ?? [], config);
  return config;
}

function isWanted(server: string, { servers, tools }: LocalGatewayOptions): boolean {
  if (servers) return servers.includes(server);
  return tools === undefined || tools.some((id) => id.startsWith(`${server}::`));
}

function noConfig(path: string): GatewayError {
  const cure = 'mcp-gateway import takes over the servers of your clients, mcp-gateway add writes one';
  return new GatewayError('CONFIG_INVALID', `there is no ${path}; ${cure}`);
}

function openGateway(
  config: GatewayConfig,
  options: LocalGatewayOptions & { readonly waitsUntil: number },
  terminal: Terminal,
): LocalGateway {
  const { env, writeError } = terminal;
  const { log, lastWords, listProblems } = listening(createLogger(env.MCP_GATEWAY_LOG_LEVEL ? writeError : () => {}));
  const directories = { cacheDirectory: cacheDirectory(env), dataDirectory: dataDirectory(env) };
  const remembered = serverMemory(directories.cacheDirectory);
  const narrowed = { ...config, servers: narrowedTo(config.servers, options, remembered) };
  const kept = withServerLogs(log, serverLogDirectory(env));
  const { waitsUntil } = options;
  const gateway = new Gateway(narrowed, { log: kept, ...directories, waitsUntil }, remembered);
  const status = new StatusLine(terminal);
  const person = new Person(terminal, { status, showsLogs: options.showsLogs === true, roots: options.roots });
  const signal = terminal.interrupted?.() ?? new AbortController().signal;
  const owner = { identified: Promise.resolve(person.identity), peer: person, isShared: false };
  const services = gateway.internals().attach({ owner });
  return { ...services, gateway, config, caller: LOCAL, person, status, lastWords, listProblems, signal };
}

/** Wraps a log: also collects the last line of each server's stderr, and problems of lists. */
function listening(log: Logger): { readonly log: Logger } & Pick<LocalGateway, 'lastWords' | 'listProblems'> {
  const lines = new Map<unknown, string>();
  const listProblems: string[] = [];
  const debug: Logger['debug'] = (message, fields) => {
    if (message === 'stderr' && String(fields?.line).trim() !== '') lines.set(fields?.server, String(fields?.line));
    log.debug(message, fields);
  };
  const warning: Logger['warning'] = (message, fields) => {
    if (message === 'list') listProblems.push(`${fields?.server}: ${fields?.problem}`);
    log.warning(message, fields);
  };
  return {
    log: { ...log, debug, warning },
    lastWords: (server) => lines.get(server)?.slice(0, MAX_WORDS),
    listProblems,
  };
}

/**
 * Returns the wanted servers and, unless `leavesOut` is set, the others whose tools are cached: without cached tools
 * they would start to list them.
 */
function narrowedTo(
  servers: readonly ServerConfig[],
  options: LocalGatewayOptions,
  remembered: GatewayServices['catalogCache'],
): readonly ServerConfig[] {
  return servers.flatMap((server) => {
    if (isWanted(server.key, options)) return server;
    return !options.leavesOut && remembered.recall(server) ? { ...server, start: 'lazy' as const } : [];
  });
}

/**
 * Starts the wanted servers; resolves when each is up or has failed, or after `patienceMs`. Rejects with the reason of
 * the signal.
 */
async function startWanted(local: LocalGateway, options: LocalGatewayOptions): Promise<void> {
  const { gateway, pool, catalogCache, status, signal } = local;
  gateway.startServers();
  // Servers for which `wakes` returns true start now.
  await immediate();
  for (const upstream of pool.upstreams.all())
    if (isWanted(upstream.config.key, options) && options.wakes?.(upstream, catalogCache)) upstream.wake();
  const timer = setInterval(() => status.show(startingText(local)), QUICK_MS);
  try {
    await abortable(gateway.settled(options.patienceMs), signal);
  } finally {
    clearInterval(timer);
    status.clear();
  }
}

function startingText({ pool }: LocalGateway): string {
  const all = pool.upstreams.all();
  const starting = all.filter(({ state }) => isComingUp(state)).map(({ config }) => config.key);
  return `connecting to ${starting.length} of ${all.length} servers: ${starting.join(', ')}`;
}

/** Searches, and joins all pages of a list to one answer. */
export async function searchAll(local: LocalGateway, request: SearchRequest): Promise<JsonObject> {
  const { broker, caller, signal } = local;
  const { nextOffset, ...answer } = await abortable(broker.search(request, caller), signal);
  if (typeof nextOffset !== 'number') return answer;
  const rest = await searchAll(local, { ...request, offset: nextOffset });
  const pages = ['tools', 'servers'].filter((name) => name in answer);
  return { ...answer, ...Object.fromEntries(pages.map((name) => [name, [answer[name], rest[name]].flat()])) };
}

/** Returns every tool that a client would find, of these servers or of all. */
export async function allTools(local: LocalGateway, servers?: readonly string[]): Promise<readonly ToolEntry[]> {
  const server = servers ?? local.pool.upstreams.all().map(({ config }) => config.key);
  const { tools } = await searchAll(local, { query: '', limit: 1, filters: { server } });
  const listed = tools as readonly (string | { readonly id: string })[]; // as `toolPage` gives them
  return listed.flatMap((tool) => local.catalog.get(typeof tool === 'string' ? tool : tool.id) ?? []);
}

/**
 * Returns a sentence on the request that a connecting server has not answered, and for how long; undefined if it is not
 * connecting.
 */
export function waitOf({ config, state, neededAt, waitsFor }: Upstream, words?: string): string | undefined {
  if (serverState(state) !== 'connecting') return undefined;
  const seconds = Math.round((Date.now() - neededAt) / 100) / 10;
  const whose = config.type === 'local' ? 'its process' : 'its address';
  const before = state.status === 'connecting' && state.error ? `; before that: ${state.error}` : '';
  // The last line may come from the previous process, whose error already contains it.
  const said = words && !before.includes(words) ? `; it said last: ${words}` : '';
  return `${whose} has not answered ${waitsFor} for ${seconds} s${said}${before}`;
}

/** Throws `TIMEOUT` if the server of a tool's id is still connecting, `SERVER_NOT_FOUND` if it is disabled. */
export function checkIsUp(id: string, { pool, lastWords, config }: LocalGateway): void {
  checkIsEnabled(id, config);
  for (const upstream of pool.upstreams.all()) {
    const { key } = upstream.config;
    const wait = id.startsWith(`${key}::`) ? waitOf(upstream, lastWords(key)) : undefined;
    if (wait === undefined) continue;
    const cure = '--timeout <seconds> gives it more time';
    throw new GatewayError('TIMEOUT', `server "${key}" is still connecting: ${wait}. ${cure}`);
  }
}
