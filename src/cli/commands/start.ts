import type { ServerView } from '../../broker/server-views.ts';
import { wrongSetting } from '../../config/environment-overrides.ts';
import { type GatewayConfig, loadConfig, SECRETS_PATIENCE_MS } from '../../config/load.ts';
import { resolveConfigPath } from '../../config/locate.ts';
import { withTimeout } from '../../core/abort.ts';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { loginCommand, SERVER_STATES } from '../../core/server-state.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { cacheDirectory, dataDirectory } from '../../platform/directories.ts';
import type { Logger } from '../../platform/log.ts';
import { signalled } from '../../platform/process.ts';
import { VERSION } from '../../version.ts';
import { processLog } from '../terminal/process-log.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandArguments } from './command.ts';
import { reportMisuse } from './report.ts';
import { warnOfOpenSecrets } from './warn-of-open-secrets.ts';

/** Serves HTTP in this process until a signal arrives. Resolves with the exit code, 2 if an option is wrong. */
export async function serveHttp(args: CommandArguments, terminal: Terminal): Promise<number> {
  const { words, port, host, config = words[0] } = args;
  if (words.length > (args.config ? 0 : 1)) return reportMisuse(terminal, 'start', 'one configuration file at a time');
  for (const option of ['port', 'host'] as const) {
    const given = args[option];
    const wrong = given === undefined ? undefined : wrongSetting(option, given);
    if (wrong !== undefined) return reportMisuse(terminal, 'start', wrong);
  }
  return start(
    { config, port, host },
    {
      env: process.env,
      cwd: process.cwd(),
      cacheDirectory: cacheDirectory(),
      dataDirectory: dataDirectory(),
      log: await processLog(),
      write: terminal.write,
      isLogSeen: terminal.isTty === true && terminal.isErrorTty === true,
      writeError: terminal.writeError,
      stopped: signalled(),
    },
  );
}

/** `config` is the path as typed; absent: the default places are searched. */
export type StartArguments = Pick<CommandArguments, 'config' | 'port' | 'host'>;

export interface StartSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly cacheDirectory: string;
  readonly dataDirectory: string;
  readonly log: Logger;
  /** Writes messages for people to stdout. */
  readonly write: (text: string) => void;
  /** True if stdout and stderr are terminals: the person who reads stdout then also sees the log. */
  readonly isLogSeen: boolean;
  /** Writes errors to stderr. */
  readonly writeError: (text: string) => void;
  /** Resolves with the reason to stop. */
  readonly stopped: Promise<string>;
}

/** Time in ms after which `list` writes a server that is not up as connecting. */
const FIRST_CONNECT_MS = 15_000;
/** Time in ms for all other steps of the end, after running calls have had their `http.stopSeconds`. */
const ENDING_MS = 4_500;

/** Implements `mcp-gateway start`: serves HTTP until `stopped` resolves. Resolves with the exit code. */
export async function start(args: StartArguments, surroundings: StartSurroundings): Promise<number> {
  const { env, log, cacheDirectory, dataDirectory, write, writeError, stopped } = surroundings;
  // Setting the options as variables makes them apply each time the file is read again, too.
  if (args.port !== undefined) env.MCP_GATEWAY_PORT = args.port;
  if (args.host !== undefined) env.MCP_GATEWAY_HOST = args.host;
  let gateway: Gateway | undefined;
  let path: string;
  try {
    const config = await configured(args, surroundings);
    path = config.path;
    gateway = new Gateway(config, { log, cacheDirectory, dataDirectory });
    await gateway.start();
  } catch (error) {
    writeError(`mcp-gateway: ${causeOf(error)}\n`);
    exitAfter(ENDING_MS);
    await gateway?.stop();
    return 1;
  }
  gateway.watch();
  await warnOfOpenSecrets(path, log);
  write(greeting(gateway.url ?? ''));
  const listed = list(gateway, surroundings);
  log.info('stopping', { reason: await Promise.race([stopped, listed.then(() => stopped)]) });
  const { stopSeconds } = gateway.settings.http;
  exitAfter(stopSeconds * 1_000 + ENDING_MS);
  await gateway.stop();
  return 0;
}

/** Ends the process after `ms`, even if a step of the end hangs. */
function exitAfter(ms: number): void {
  setTimeout(() => process.exit(1), ms).unref();
}

async function configured({ config }: StartArguments, { env, cwd }: StartSurroundings): Promise<GatewayConfig> {
  const path = resolveConfigPath({ argument: config, env, folder: cwd });
  const read = await loadConfig(path, env, { patienceMs: SECRETS_PATIENCE_MS });
  if (read.found) return read;
  throw new GatewayError(
    'CONFIG_INVALID',
    `there is no ${path}; mcp-gateway init writes a mcp-gateway.yml to begin with`,
  );
}

function greeting(url: string): string {
  return `mcp-gateway ${VERSION} listens at ${url}\n  MCP clients   ${url}/mcp\n  REST          ${url}/api/v1\n  health        ${url}/health\n`;
}

/** Writes one line for each server as soon as it has started or failed: slow servers do not delay the others. */
async function list(gateway: Gateway, { write, isLogSeen }: StartSurroundings): Promise<void> {
  const { upstreams } = gateway.internals().pool;
  const servers = gateway.servers();
  const isTold = isLogSeen && gateway.settings.logLevel !== 'error';
  const width = Math.max(0, ...servers.map(({ id }) => id.length));
  write(`${servers.length === 1 ? '1 server' : `${servers.length} servers`}\n`);
  await withTimeout(FIRST_CONNECT_MS, (late) =>
    Promise.all(
      servers.map(async ({ id }) => {
        await upstreams.get(id)?.settled(late);
        const server = gateway.servers().find((each) => each.id === id);
        if (server) write(`  ${serverLine(server, width, isTold)}\n`);
      }),
    ),
  );
}

/**
 * Returns a line on a server: its name and state, then the number of its tools, or the reason why they cannot be called
 * and the cure. Leaves out the reason if the log has just shown it to the same person (`isTold`).
 */
function serverLine({ id, status, tools, error }: ServerView, width: number, isTold = false): string {
  const count = tools === 1 ? '1 tool' : `${tools} tools`;
  const more: Partial<Record<ServerView['status'], string>> = {
    ready: count,
    idle: `${count}, starts at its first use`,
    failing: `${isTold ? '' : `${error}; `}it is tried again`,
    needs_auth: loginCommand(id),
    misconfigured: `${isTold ? '' : `${error}; `}left out`,
  };
  const told = more[status];
  return `${id.padEnd(width)}  ${SERVER_STATES[status]}${told ? `: ${told}` : ''}`;
}
