import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { GatewayConfig } from './config/load.ts';
import { emptyConfig, loadConfig, resolveConfigPath } from './config/load.ts';
import { causeOf, GatewayError } from './core/errors.ts';
import { createLogger } from './core/log.ts';
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
  mcp-gateway schema          print the JSON Schema of the configuration file, for editors

Options
  -c, --config <file>         configuration file (.json, .jsonc, .yml, .yaml)
  -h, --help                  this text
  -v, --version               the version

Configuration, first found
  the file named on the command line, $MCP_GATEWAY_CONFIG,
  $XDG_CONFIG_HOME/mcp-gateway/config.json (else ~/.config/mcp-gateway/config.json; .jsonc, .yml and .yaml too)

Example
  {"everything": {"command": ["npx", "-y", "@modelcontextprotocol/server-everything"]},
   "grep": {"url": "https://mcp.grep.app"}}

Logs are JSON lines on stderr; stdout belongs to the protocol.
`;

/** Longest time that an orderly end may take, in ms, before the process ends all the same. */
const STOP_DEADLINE_MS = 4_500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the command line; resolves with the exit code: 0 done, 1 failed, 2 misused. */
export async function main(argv: readonly string[]): Promise<number> {
  const parsed = parse(argv);
  if ('misuse' in parsed) {
    process.stderr.write(`mcp-gateway: ${parsed.misuse}\nTry mcp-gateway --help\n`);
    return 2;
  }
  const { help, version, config } = parsed.values;
  const [first, ...rest] = parsed.positionals;
  if (help) return print(HELP);
  if (version) return print(`${VERSION}\n`);
  if (first === 'schema') {
    const { jsonSchema } = await import('./config/schema.ts');
    return print(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
  }
  if (rest.length > 0 || (first !== undefined && config !== undefined)) {
    process.stderr.write('mcp-gateway: one configuration file at a time\nTry mcp-gateway --help\n');
    return 2;
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

/** Serves one client over stdio until it goes or a signal comes, and leaves no process behind. */
async function serve(argument: string | undefined): Promise<number> {
  const log = createLogger(stderrWriter());
  process.on('uncaughtException', (error) => log.error('uncaught', { error: causeOf(error), stack: error.stack }));
  process.on('unhandledRejection', (reason) => log.error('unhandled rejection', { error: causeOf(reason) }));

  const signalled = new Promise<string>((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve(signal));
  });
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
  gateway.start();
  gateway.watch();

  log.info('stopping', { reason: await Promise.race([signalled, served]) });
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
