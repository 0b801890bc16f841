import { setImmediate as immediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Command, OPTIONS } from './commands/command.ts';
import type { StartArguments } from './commands/start.ts';
import { COMMANDS } from './commands/table.ts';
import type { Terminal } from './commands/terminal.ts';
import { isConfigPath, resolveConfigPath } from './config/locate.ts';
import { mayBeOpen } from './config/open-files.ts';
import { loadToStart, startSource } from './config/start-source.ts';
import { cacheDirectory, dataDirectory } from './core/directories.ts';
import { causeOf } from './core/errors.ts';
import { createLogger, type Logger } from './core/log.ts';
import { FrontDesk } from './mcp/front-desk.ts';
import { instructions } from './mcp/instructions.ts';
import { processOutput, stderrWriter } from './process-streams.ts';
import { withServerLogs } from './server-logs.ts';
import { serverMemory } from './server-memory.ts';
import { startEarly } from './upstream/early-processes.ts';
import { startsAtOnce } from './upstream/start-policy.ts';
import { VERSION } from './version.ts';

/** Commands that run a gateway or print what it is made of; the others are in the table of commands. */
const OWN_COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    usage: 'start [config]',
    group: 'serve',
    summary: 'serve many clients over HTTP: MCP at /mcp, REST at /api/v1, until Ctrl-C',
    options: { config: 'configuration file', port: 'port to listen at (4000)', host: 'address to bind (127.0.0.1)' },
    example: 'mcp-gateway start -c team.yml --port 8080',
    run: ({ words, values: { config, port, host } }, terminal) =>
      serveHttp({ config: config ?? words[0], port, host }, words.length > (config ? 0 : 1), terminal),
  },
  schema: {
    usage: 'schema',
    summary: 'print the JSON Schema of the configuration file, for editors',
    options: {},
    example: 'mcp-gateway schema > mcp-gateway.schema.json',
    async run() {
      const { jsonSchema } = await import('./config/schema.ts');
      return print(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
    },
  },
  completion: {
    usage: 'completion <bash|zsh|fish>',
    summary: 'print what has the shell complete commands, options, servers and tools',
    options: {},
    example: 'mcp-gateway completion bash >> ~/.bashrc',
    takes: 'shells',
    async run({ words }, terminal) {
      const { completion } = await import('./commands/completion.ts');
      return completion(words, terminal);
    },
  },
  complete: {
    usage: 'complete -- [words…]',
    summary: 'for the shell: what the last word may become',
    options: {},
    example: 'mcp-gateway complete -- call files::',
    hidden: true,
    async run({ words }, terminal) {
      const { complete } = await import('./commands/complete.ts');
      return complete(words, ALL_COMMANDS, terminal);
    },
  },
};

/** Options of serving a client over stdio, which has no command. */
const SERVE_OPTIONS = ['config', 'no-project', 'shared'];

const ALL_COMMANDS: Readonly<Record<string, Command>> = { ...COMMANDS, ...OWN_COMMANDS };

/** Longest time that an orderly end may take, in ms, before the process ends all the same. */
const STOP_DEADLINE_MS = 4_500;

/** When it is looked at who may read our secrets, in ms: after whatever a client waits for. */
const WARNING_MS = 1_000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the command line; resolves with the exit code: 0 done, 1 failed, 2 misused. */
export async function main(argv: readonly string[]): Promise<number> {
  const parsed = parse(argv);
  if ('refused' in parsed) return misuse(await refusedText(parsed.refused, argv));
  const { help, version, ...values } = parsed.values;
  const [first, ...words] = parsed.positionals;
  if (version) return print(`${VERSION}\n`);
  const command = commandNamed(first === 'help' ? words[0] : first);
  const named = first === 'help' ? words[0] : first;
  if (!command && named !== undefined && named !== 'help' && !isConfigPath(named)) return unknown(named);
  if (first === 'help' || help) return showHelp(command);
  const wrong = foreignOption(Object.keys(values), command);
  if (wrong !== undefined) return misuse(wrong);
  if (command) {
    const { processTerminal, written } = await import('./commands/process-terminal.ts');
    try {
      return await command.run({ words, values }, processTerminal());
    } finally {
      await written();
    }
  }
  if (words.length > 0 || (first !== undefined && values.config !== undefined)) {
    return misuse('one configuration file at a time');
  }
  if (process.stdin.isTTY) (await import('./commands/terminal-notice.ts')).tellPerson();
  const path = resolveConfigPath({ argument: values.config ?? first, env: process.env });
  const directory = values['no-project'] ? undefined : workingDirectory();
  return values.shared ? serveShared(path, directory) : serve(path, directory);
}

function commandNamed(name: string | undefined): Command | undefined {
  return name !== undefined && Object.hasOwn(ALL_COMMANDS, name) ? ALL_COMMANDS[name] : undefined;
}

/** What is wrong when an option belongs to other commands only. */
function foreignOption(names: readonly string[], command: Command | undefined): string | undefined {
  const own = command ? Object.keys(command.options) : SERVE_OPTIONS;
  const foreign = names.find((name) => !own.includes(name));
  if (foreign === undefined) return undefined;
  const owners = Object.keys(ALL_COMMANDS).filter((name) => foreign in (commandNamed(name)?.options ?? {}));
  if (owners.length === 0) return `--${foreign} belongs to mcp-gateway without a command`;
  return `--${foreign} belongs to mcp-gateway ${owners.join(', ')}`;
}

async function showHelp(command: Command | undefined): Promise<number> {
  const { commandHelp, generalHelp } = await import('./commands/help.ts');
  const { processTerminal } = await import('./commands/process-terminal.ts');
  processTerminal().write(command ? commandHelp(command) : generalHelp(ALL_COMMANDS));
  return 0;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    return { refused: causeOf(error) };
  }
}

async function refusedText(cause: string, argv: readonly string[]): Promise<string> {
  const { firstWord, refusedOption } = await import('./commands/meant.ts');
  const command = commandNamed(firstWord(argv));
  return refusedOption(cause, argv, command ? [...Object.keys(command.options), 'help'] : SERVE_OPTIONS);
}

/** A word that is neither a command nor a file is a command that was mistyped: a client would wait for ever. */
async function unknown(name: string): Promise<number> {
  const { unknownCommand } = await import('./commands/meant.ts');
  return misuse(unknownCommand(name, ALL_COMMANDS));
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function printError(text: string): void {
  process.stderr.write(text);
}

async function misuse(what: string): Promise<number> {
  const { processTerminal } = await import('./commands/process-terminal.ts');
  processTerminal().writeError(`mcp-gateway: ${what}\nTry mcp-gateway --help\n`);
  return 2;
}

/** Serves HTTP until a signal comes. */
async function serveHttp(args: StartArguments, isMisused: boolean, terminal: Terminal): Promise<number> {
  if (isMisused) return misuse('one configuration file at a time');
  const { start } = await import('./commands/start.ts');
  return start(args, {
    env: process.env,
    cwd: process.cwd(),
    cacheDirectory: cacheDirectory(),
    dataDirectory: dataDirectory(),
    log: await processLog(),
    write: terminal.write,
    isLogSeen: terminal.isTty === true && terminal.isErrorTty === true,
    writeError: terminal.writeError,
    stopped: signalled(),
  });
}

/** The log on stderr, which also takes what nobody caught. */
async function processLog(): Promise<Logger> {
  // A program reads JSON, a person at a terminal lines.
  const format = process.stderr.isTTY ? (await import('./commands/log-line.ts')).logLines() : undefined;
  const log = withServerLogs(createLogger(stderrWriter(), 'info', format));
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

/** Serves one client by the gateway that all sessions share; by one of its own where that cannot be. */
async function serveShared(path: string, directory: string | undefined): Promise<number> {
  const { attach } = await import('./daemon/attach.ts');
  try {
    return await attach(path, directory);
  } catch (error) {
    printError(`mcp-gateway: not shared with other sessions: ${causeOf(error)}\n`);
    return serve(path, directory);
  }
}

async function warned(path: string, log: Logger): Promise<void> {
  const { warnOfOpenSecrets } = await import('./commands/warn-of-open-secrets.ts');
  await warnOfOpenSecrets(path, log);
}

/** Serves one client over stdio until it goes or a signal comes, and leaves no process behind. */
async function serve(path: string, directory: string | undefined): Promise<number> {
  const log = await processLog();
  const stopped = signalled();
  const source = startSource(path, directory);
  const config = await loadToStart(path, source);
  const remembered = serverMemory(cacheDirectory());
  const introduction = instructions(config.servers, (server) => remembered.recall(server)?.about);
  const desk = new FrontDesk(process.stdin, processOutput(1), introduction);
  // While the client reads the answer to its `initialize`, servers start and the rest is loaded; what a client has sent
  // before we were there is read within two turns of the event loop.
  const atOnce = config.servers.filter((server) => startsAtOnce(server, remembered.recall(server)));
  void desk.greeted.then(() => setImmediate(startEarly, atOnce));
  await Promise.race([desk.greeted, immediate().then(() => immediate())]);
  const { Gateway } = await import('./gateway.ts');
  const directories = { cacheDirectory: cacheDirectory(), dataDirectory: dataDirectory() };
  const gateway = new Gateway(config, { log, ...directories }, remembered);
  const served = gateway.serve(desk).then(() => 'the client closed the connection');
  gateway.startServers();
  gateway.watch(source);
  if (mayBeOpen(config)) setTimeout(() => void warned(config.path, log), WARNING_MS).unref();

  log.info('stopping', { reason: await Promise.race([stopped, served]) });
  // The orderly end has its own ladder within this time; whatever hangs must not keep us.
  setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
  await gateway.stop();
  return 0;
}

/** Undefined where it was removed. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
