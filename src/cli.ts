import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { StartArguments } from './commands/start.ts';
import type { GatewayConfig } from './config/load.ts';
import { emptyConfig, loadConfig, resolveConfigPath } from './config/load.ts';
import { causeOf, GatewayError } from './core/errors.ts';
import { createLogger, type Logger } from './core/log.ts';
import { FrontDesk } from './mcp/front-desk.ts';
import { instructions } from './mcp/instructions.ts';
import { processOutput, stderrWriter } from './process-streams.ts';
import { serverMemory } from './server-memory.ts';
import { startEarly } from './upstream/early-processes.ts';
import { startsAtOnce } from './upstream/start-policy.ts';
import { VERSION } from './version.ts';

const HELP = `mcp-gateway ${VERSION}: one MCP server in front of all your MCP servers

Usage
  mcp-gateway [config]        serve an MCP client over stdio (this is what a client's entry runs)
  mcp-gateway init [file]     write a commented mcp-gateway.yml to begin with, and show a new API key
  mcp-gateway start [config]  serve many clients over HTTP: MCP at /mcp, REST at /api/v1, until Ctrl-C
  mcp-gateway schema          print the JSON Schema of the configuration file, for editors

Options
  -c, --config <file>         configuration file (.json, .jsonc, .yml, .yaml)
  --port <number>             start: port to listen at (4000)
  --host <address>            start: address to bind (127.0.0.1)
  -h, --help                  this text
  -v, --version               the version

Configuration, first found
  the file named on the command line, $MCP_GATEWAY_CONFIG,
  with start: mcp-gateway.yml in the working directory (.yaml, .json and .jsonc too),
  $XDG_CONFIG_HOME/mcp-gateway/config.json (else ~/.config/mcp-gateway/config.json; .jsonc, .yml and .yaml too)
  MCP_GATEWAY_PORT, MCP_GATEWAY_HOST and MCP_GATEWAY_LOG_LEVEL win over the file.
  It is watched: edits take effect while the gateway runs.

To begin with HTTP
  mcp-gateway init && mcp-gateway start
  curl -H 'Authorization: Bearer <the key that init showed>' http://127.0.0.1:4000/api/v1/tools

Example of a file
  {"everything": {"command": ["npx", "-y", "@modelcontextprotocol/server-everything"]},
   "grep": {"url": "https://mcp.grep.app"}}

Logs are JSON lines on stderr. Unless it is start, stdout belongs to the protocol.
`;

/** Longest time that an orderly end may take, in ms, before the process ends all the same. */
const STOP_DEADLINE_MS = 4_500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the command line; resolves with the exit code: 0 done, 1 failed, 2 misused. */
export async function main(argv: readonly string[]): Promise<number> {
  const parsed = parse(argv);
  if ('misuse' in parsed) {
    return misuse(parsed.misuse);
  }
  const { help, version, config, port, host } = parsed.values;
  const [first, ...rest] = parsed.positionals;
  if (help) return print(HELP);
  if (version) return print(`${VERSION}\n`);
  if (first === 'schema') {
    const { jsonSchema } = await import('./config/schema.ts');
    return print(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
  }
  if (first === 'init') {
    const { init } = await import('./commands/init.ts');
    return init(rest, { cwd: process.cwd(), write: print, writeError: printError });
  }
  if (first === 'start') return serveHttp({ config: config ?? rest[0], port, host }, rest.length > (config ? 0 : 1));
  if (port !== undefined || host !== undefined) return misuse('--port and --host belong to mcp-gateway start');
  if (rest.length > 0 || (first !== undefined && config !== undefined)) {
    return misuse('one configuration file at a time');
  }
  return serve(config ?? first);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: 'string', short: 'c' },
        port: { type: 'string' },
        host: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    return { misuse: causeOf(error) };
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function printError(text: string): void {
  process.stderr.write(text);
}

function misuse(what: string): number {
  printError(`mcp-gateway: ${what}\nTry mcp-gateway --help\n`);
  return 2;
}

/** Serves HTTP until a signal comes. */
async function serveHttp(args: StartArguments, isMisused: boolean): Promise<number> {
  if (isMisused) return misuse('one configuration file at a time');
  const { start } = await import('./commands/start.ts');
  return start(args, {
    env: process.env,
    cwd: process.cwd(),
    cacheDirectory: cacheDirectory(),
    log: processLog(),
    write: print,
    writeError: printError,
    stopped: signalled(),
  });
}

/** The log on stderr, which also takes what nobody caught. */
function processLog(): Logger {
  const log = createLogger(stderrWriter());
  process.on('uncaughtException', (error) => log.error('uncaught', { error: causeOf(error), stack: error.stack }));
  process.on('unhandledRejection', (reason) => log.error('unhandled rejection', { error: causeOf(reason) }));
  return log;
}

/** Resolves with the first signal that asks us to stop. */
function signalled(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve(signal));
  });
}

/** Serves one client over stdio until it goes or a signal comes, and leaves no process behind. */
async function serve(argument: string | undefined): Promise<number> {
  const log = processLog();
  const stopped = signalled();
  const config = await configured(argument);
  const remembered = serverMemory(cacheDirectory());
  const introduction = instructions(config.servers, (server) => remembered.recall(server)?.about);
  const desk = new FrontDesk(process.stdin, processOutput(1), introduction);
  // While the client reads the answer to its `initialize`, servers start and the rest is loaded; what a client has sent
  // before we were there is read within two turns of the event loop.
  const atOnce = config.servers.filter((server) => startsAtOnce(server, remembered.recall(server)));
  void desk.greeted.then(() => setImmediate(startEarly, atOnce));
  await Promise.race([desk.greeted, immediate().then(() => immediate())]);
  const { Gateway } = await import('./gateway.ts');
  const gateway = new Gateway(config, { log, cacheDirectory: cacheDirectory() }, remembered);
  const served = gateway.serve(desk).then(() => 'the client closed the connection');
  gateway.startServers();
  gateway.watch();

  log.info('stopping', { reason: await Promise.race([stopped, served]) });
  // The orderly end has its own ladder within this time; whatever hangs must not keep us.
  setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
  await gateway.stop();
  return 0;
}

/** Where what was learnt is kept: `$XDG_CACHE_HOME/mcp-gateway`, else `~/.cache/mcp-gateway`. */
function cacheDirectory(): string {
  const { XDG_CACHE_HOME = '' } = process.env;
  return join(isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), '.cache'), 'mcp-gateway');
}

/** The configuration to start with. A file that cannot be read costs its servers, not the gateway: it is watched. */
async function configured(argument: string | undefined): Promise<GatewayConfig> {
  const path = resolveConfigPath({ argument, env: process.env });
  try {
    return await loadConfig(path);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return emptyConfig(path, [{ severity: 'error', message: error.message }]);
  }
}
