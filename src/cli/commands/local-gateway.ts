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
  /** Our file as on the command line; absent: found where configurations are. */
  readonly config?: string | undefined;
  /** Keys of the servers that the person names: these are wanted, and have to be there. Absent: all are wanted. */
  readonly servers?: readonly string[] | undefined;
  /** Ids of the tools that the person names: their servers are wanted. */
  readonly tools?: readonly string[] | undefined;
  /** True: servers that are not wanted are left out; else they are listed from the catalog cache. */
  readonly leavesOut?: boolean | undefined;
  /** True for a wanted server that starts although its tools are cached; absent: none does. */
  readonly wakes?: ((upstream: Upstream, catalogCache: GatewayServices['catalogCache']) => boolean) | undefined;
  /** True: log messages of servers are shown. */
  readonly showsLogs?: boolean;
  /** Input that the command reads first, such as stdin; no server starts before it resolves, or if it rejects. */
  readonly input?: Promise<unknown> | undefined;
  /** Longest wait for secrets and for starting servers together, in ms. */
  readonly patienceMs: number;
  /** Absolute folders that servers are told as roots; absent: they are told that there are none to ask for. */
  readonly roots?: readonly string[] | undefined;
}

/** A gateway in this process, for as long as a command runs. */
export interface LocalGateway extends Pick<EdgeServices, 'broker' | 'catalog' | 'catalogCache' | 'pool'> {
  readonly gateway: Gateway;
  /** The whole of it, with the servers that are not wanted. */
  readonly config: GatewayConfig;
  readonly caller: Caller;
  /** The person at the terminal, as servers see them. */
  readonly person: Person;
  readonly status: StatusLine;
  /** The last line of a server's stderr; undefined: it has written none. */
  readonly lastWords: (server: string) => string | undefined;
  /** Problems of the lists of resources and prompts, in sentences that name the server. */
  readonly listProblems: readonly string[];
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** A start that takes longer (ms) shows on the status line which servers it waits for. */
const QUICK_MS = 150;
/** Length at which the last line of a server's stderr is cut, in characters. */
const MAX_WORDS = 200;
/** Time for the end of all servers, in ms. */
const STOP_MS = 4_500;

/**
 * Runs a command over a gateway of its own, which sees what a client would see. Resolves with the exit code when all
 * servers have ended: that of the command, 1 where the gateway refuses, 130 after Ctrl-C. An error is on stderr before the
 * servers end, as their end may take seconds.
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
          // An interruption makes other steps fail; the person reads only of the interruption.
          throw local.signal.aborted ? local.signal.reason : error;
        });
    });
  } finally {
    await stop();
  }
}

/** Servers that hang must not keep the command. */
async function stopInTime(gateway: Gateway): Promise<void> {
  const stopped = gateway.stop();
  await withTimeout(STOP_MS, (late) => abortable(stopped, late)).catch(() => {});
}

/**
 * The configuration, when its problems are told, but for those of entries that answers name anyway. Throws `SERVER_NOT_FOUND`
 * where a wanted server is not in it. Half of the patience is for servers.
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

/** A log that also collects the last line of each server's stderr, and problems of lists. */
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
 * The wanted servers, and the others as far as their tools are remembered: without a memory they would start to list
 * them.
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

/** Resolves when the wanted servers are up, or known not to come up, or late. Rejects with the reason of the signal. */
async function startWanted(local: LocalGateway, options: LocalGatewayOptions): Promise<void> {
  const { gateway, pool, catalogCache, status, signal } = local;
  gateway.startServers();
  // Servers that may offer a person other tools than a model wake up now.
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

/** The answer of a search, with all pages of a list as one. */
export async function searchAll(local: LocalGateway, request: SearchRequest): Promise<JsonObject> {
  const { broker, caller, signal } = local;
  const { nextOffset, ...answer } = await abortable(broker.search(request, caller), signal);
  if (typeof nextOffset !== 'number') return answer;
  const rest = await searchAll(local, { ...request, offset: nextOffset });
  const pages = ['tools', 'servers'].filter((name) => name in answer);
  return { ...answer, ...Object.fromEntries(pages.map((name) => [name, [answer[name], rest[name]].flat()])) };
}

/** Every tool that a client would find, of these servers or of all, by its id. */
export async function allTools(local: LocalGateway, servers?: readonly string[]): Promise<readonly ToolEntry[]> {
  const server = servers ?? local.pool.upstreams.all().map(({ config }) => config.key);
  const { tools } = await searchAll(local, { query: '', limit: 1, filters: { server } });
  return (tools as readonly string[]).flatMap((id) => local.catalog.get(id) ?? []);
}

/** The request that a connecting server has not answered, and for how long; undefined: it is not connecting. */
export function waitOf({ config, state, neededAt, waitsFor }: Upstream, words?: string): string | undefined {
  if (serverState(state) !== 'connecting') return undefined;
  const seconds = Math.round((Date.now() - neededAt) / 100) / 10;
  const whose = config.type === 'local' ? 'its process' : 'its address';
  const before = state.status === 'connecting' && state.error ? `; before that: ${state.error}` : '';
  // The process before it may have been the last to say anything, and its end tells that.
  const said = words && !before.includes(words) ? `; it said last: ${words}` : '';
  return `${whose} has not answered ${waitsFor} for ${seconds} s${said}${before}`;
}

/**
 * Throws `TIMEOUT` where the server that an id belongs to is still on its way up, `SERVER_NOT_FOUND` where it is
 * disabled.
 */
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
