import { parseArgs } from 'node:util';
import { isConfigPath, resolveConfigPath } from '../config/locate.ts';
import { mayBeOpen } from '../config/open-files.ts';
import { type RecordedEnvironment, recordedEnvironment } from '../config/recorded-environment.ts';
import { loadToStart, startSource } from '../config/source/source.ts';
import { causeOf } from '../core/errors.ts';
import { instructions } from '../downstream/protocol/instructions.ts';
import { metaToolDefinitions } from '../downstream/protocol/meta-tools.ts';
import { EarlyResponder } from '../downstream/stdio/early-responder.ts';
import { cacheDirectory, dataDirectory } from '../platform/directories.ts';
import { workingDirectory } from '../platform/gateway-environment.ts';
import type { Logger } from '../platform/log.ts';
import { processOutput, signalled } from '../platform/process.ts';
import { serverMemory } from '../upstream/catalog-cache.ts';
import { startEarly } from '../upstream/open-transport.ts';
import { startsAtOnce } from '../upstream/start-policy.ts';
import { IntroductionKeeper } from './keep-introduction.ts';
import { processLog } from './terminal/process-log.ts';

/** Options of serving a client over stdio, which has no command. */
const SERVE_OPTIONS = {
  config: { type: 'string', short: 'c' },
  'no-project': { type: 'boolean' },
  shared: { type: 'boolean' },
} as const;

/** Longest time that an orderly end may take, in ms, before the process ends all the same. */
const STOP_DEADLINE_MS = 4_500;

/** Delay in ms of the check for readable secrets: a client must not wait for it. */
const WARNING_MS = 1_000;

/** Delay in ms of writing what a client was told: by then catalogs are written, and no client waits. */
const KEEP_MS = 3_000;

/**
 * Runs the command line; resolves with the exit code: 0 done, 1 failed, 2 misused. `greeter` has answered the client
 * already; see `greetEarly`.
 */
export async function main(argv: readonly string[], greeter?: EarlyResponder): Promise<number> {
  const asked = await servingIn(argv);
  // Commands for people are not loaded when a client starts the gateway.
  if (!asked) return (await import('./commands/run-command.ts')).runCommand(argv);
  if (process.stdin.isTTY) (await import('./terminal/process-terminal.ts')).tellPerson();
  const recorded = recordedEnvironment(process.env);
  const path = resolveConfigPath({ argument: asked.config, env: recorded.env });
  const directory = asked['no-project'] ? undefined : workingDirectory();
  if (asked.shared) return serveShared(path, directory);
  return serve(path, directory, { argv, recorded, greeter });
}

/** Options with which to serve a client over stdio; undefined: a command is meant, or the command line is wrong. */
async function servingIn(argv: readonly string[]) {
  const { positionals, values } = parse(argv) ?? {};
  if (!positionals || !values) return undefined;
  const [word, ...others] = positionals;
  if (word === undefined) return values;
  if (others.length > 0 || values.config !== undefined || !isConfigPath(word)) return undefined;
  return (await isCommand(word)) ? undefined : { ...values, config: word };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: SERVE_OPTIONS });
  } catch {
    return undefined;
  }
}

/** A command goes before a file of its name. */
async function isCommand(word: string): Promise<boolean> {
  return /^[a-z-]+$/.test(word) && (await import('./commands/run-command.ts')).isCommand(word);
}

/** Serves one client by the gateway that all sessions share; by one of its own where that cannot be. */
async function serveShared(path: string, directory: string | undefined): Promise<number> {
  const { attach } = await import('../daemon/attach.ts');
  try {
    return await attach(path, directory);
  } catch (error) {
    process.stderr.write(`mcp-gateway: not shared with other sessions: ${causeOf(error)}\n`);
    return serve(path, directory);
  }
}

async function warned(path: string, log: Logger): Promise<void> {
  const { warnOfOpenSecrets } = await import('./commands/warn-of-open-secrets.ts');
  await warnOfOpenSecrets(path, log);
}

/** A start whose introduction is kept for the next one with the same command line. */
interface RememberedStart {
  readonly argv: readonly string[];
  readonly recorded: RecordedEnvironment;
  readonly greeter: EarlyResponder | undefined;
}

/** Serves one client over stdio until it goes or a signal comes, and leaves no process behind. */
async function serve(path: string, directory: string | undefined, start?: RememberedStart): Promise<number> {
  const log = await processLog();
  const stopped = signalled();
  const source = startSource(path, directory, start?.recorded.env);
  const config = await loadToStart(path, source);
  const remembered = serverMemory(cacheDirectory());
  const keeper = start && new IntroductionKeeper({ ...start, config, source, directory, memory: remembered });
  const introduction = { instructions: instructions(config, remembered), tools: metaToolDefinitions };
  const responder = start?.greeter ?? new EarlyResponder(process.stdin, processOutput(1), introduction);
  // While the client reads the answer to its `initialize`, servers start and the rest is loaded.
  const atOnce = config.servers.filter((server) => startsAtOnce(server, remembered.recall(server)));
  void responder.greeted.then(() => setImmediate(startEarly, atOnce));
  await responder.heard();
  const { Gateway } = await import('../gateway/gateway.ts');
  const directories = { cacheDirectory: cacheDirectory(), dataDirectory: dataDirectory() };
  const gateway = new Gateway(config, { log, ...directories }, remembered);
  const served = gateway.serve(responder).then(() => 'the client closed the connection');
  gateway.startServers();
  gateway.watch(source);
  if (mayBeOpen(config)) setTimeout(() => void warned(config.path, log), WARNING_MS).unref();

  setTimeout(() => void keeper?.keep(introduction.instructions), KEEP_MS).unref();
  log.info('stopping', { reason: await Promise.race([stopped, served]) });
  // `gateway.stop` ends servers in steps within this time; a step that hangs must not keep the process.
  setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
  await gateway.stop();
  await keeper?.keepLearnt();
  return 0;
}
