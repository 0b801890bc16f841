import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { homeOf } from '../../config/locate.ts';
import type { ToolResult } from '../../core/call.ts';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { parseJson } from '../../core/exact-json.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Progress } from '../../core/rpc.ts';
import { isComingUp } from '../../core/server-state.ts';
import { expandHome } from '../../platform/home-directory.ts';
import { progressText } from '../terminal/status-line.ts';
import { colorsFor, type Terminal } from '../terminal/terminal.ts';
import { jsonText } from '../terminal/text-layout.ts';
import { readArguments } from './calling/read-arguments.ts';
import { writeResult } from './calling/write-result.ts';
import { type CommandArguments, START_SECONDS, timeoutMs } from './command.ts';
import { checkIsUp, type LocalGateway, withGateway } from './local-gateway.ts';
import { reportMisuse } from './report.ts';

/** The exit code if the tool itself answered with an error. */
const TOOL_ERROR_CODE = 3;

/** Interval in ms at which the status line shows how long a call has been running. */
const TICK_MS = 500;

/**
 * Implements `mcp-gateway call <id> [key=value…]`: calls a tool as a client would. Resolves with the exit code: 0, 1 if
 * the call failed, 2 for misuse or wrong arguments, 3 if the tool answered with an error, 130 after Ctrl-C.
 */
export async function call(args: CommandArguments, terminal: Terminal): Promise<number> {
  const [id = '', ...words] = args.words;
  const wrong = misuseOf(args, id);
  if (wrong !== undefined) return reportMisuse(terminal, 'call', wrong);
  const options = gatewayOptions(id, args, terminal);
  if (typeof options === 'string') return reportMisuse(terminal, 'call', options);
  const input = baseArguments(args, terminal).then((base) => ({ base, startedAt: Date.now() }));
  return withGateway('call', { ...options, input }, terminal, async (local) => {
    if (!local.catalog.get(id)) checkIsUp(id, local);
    const schema = local.catalog.get(id)?.definition.inputSchema ?? {};
    const { base, startedAt } = await input;
    const given = readArguments(words, schema, base);
    const result = await invoke(id, given, timeLeft(args, startedAt), local).catch((error: unknown) => {
      throw withRootsHint(error, id, options.roots, local);
    });
    await show(result, id, args, terminal);
    if (result.isError === true) tellOfRoots(result, id, options.roots, local, terminal);
    tellOfList(id, local, terminal);
    return result.isError === true ? TOOL_ERROR_CODE : 0;
  });
}

/** Writes the problems of the tool list of the tool's server to stderr. */
function tellOfList(id: string, { pool }: LocalGateway, terminal: Terminal): void {
  const upstream = pool.upstreams.all().find(({ config }) => id.startsWith(`${config.key}::`));
  if (!upstream?.listRemark) return;
  const { yellow } = colorsFor(terminal, 'error');
  terminal.writeError(
    `${yellow(displayText(`mcp-gateway: server "${upstream.config.key}": ${upstream.listRemark}`))}\n`,
  );
}

function misuseOf({ json, output }: CommandArguments, id: string): string | undefined {
  if (id === '') return 'names no tool; mcp-gateway search finds their ids';
  return json && output !== undefined ? '--json has files in it as base64: leave --output or --json away' : undefined;
}

/** Reads the arguments in `--args`. Throws `INVALID_ARGUMENTS` if they are no JSON object. */
async function baseArguments({ args }: CommandArguments, terminal: Terminal): Promise<JsonObject> {
  if (args === undefined) return {};
  const text = await givenText(args, terminal);
  try {
    const value: unknown = parseJson(text);
    if (isJsonObject(value)) return value;
    throw new Error(`it is ${Array.isArray(value) ? 'an array' : JSON.stringify(value)}`);
  } catch (error) {
    throw new GatewayError('INVALID_ARGUMENTS', `--args: expected a JSON object; ${causeOf(error)}`);
  }
}

async function givenText(args: string, { cwd, readInput }: Terminal): Promise<string> {
  if (args === '-') return (await readInput?.()) ?? '';
  if (!args.startsWith('@')) return args;
  return readFile(resolve(cwd, args.slice(1)), 'utf8').catch((error: unknown) => {
    throw new GatewayError('INVALID_ARGUMENTS', `--args ${args}: cannot be read (${causeOf(error)})`);
  });
}

/** Returns the options of the gateway for a call, or a text with the flaw of the command's options. */
function gatewayOptions(id: string, { config, timeout, root }: CommandArguments, { cwd, env }: Terminal) {
  const patienceMs = timeoutMs(timeout, START_SECONDS);
  if (typeof patienceMs === 'string') return patienceMs;
  const roots = root?.map((folder) => resolve(cwd, expandHome(folder, homeOf(env))));
  const none = roots?.find((folder) => !existsSync(folder));
  if (none !== undefined) return `--root: there is no folder ${none}`;
  return { config, tools: [id], showsLogs: true, patienceMs, roots };
}

/** Returns the rest of `--timeout` in ms, which includes the start of the server; undefined without the option. */
function timeLeft({ timeout }: CommandArguments, startedAt: number): number | undefined {
  return timeout === undefined ? undefined : Math.max(1, Number(timeout) * 1_000 - (Date.now() - startedAt));
}

async function invoke(
  id: string,
  given: JsonObject,
  timeoutMs: number | undefined,
  local: LocalGateway,
): Promise<ToolResult> {
  const { broker, caller, signal, person, status } = local;
  const startedAt = Date.now();
  const timer = setInterval(() => status.show(runningText(id, startedAt, local)), TICK_MS);
  const onProgress = (progress: Progress) => {
    clearInterval(timer);
    status.show(progressText(progress));
  };
  const request = { id, args: given, ...(timeoutMs !== undefined && { timeoutMs }) };
  try {
    return await broker.invoke(request, { caller, signal, onProgress, peer: person });
  } finally {
    clearInterval(timer);
    status.clear();
  }
}

function runningText(id: string, startedAt: number, { pool }: LocalGateway): string {
  const starting = pool.upstreams
    .all()
    .find(({ config, state }) => id.startsWith(`${config.key}::`) && isComingUp(state));
  const seconds = Math.floor((Date.now() - startedAt) / 1_000);
  return `${starting ? `connecting to ${starting.config.key}` : `calling ${id}`}, ${seconds} s`;
}

async function show(result: ToolResult, id: string, { json, output = '.' }: CommandArguments, terminal: Terminal) {
  if (json) return terminal.write(jsonText(result));
  const mended = isJsonObject(result._meta) ? result._meta['mcp-gateway/mended'] : undefined;
  const { dim } = colorsFor(terminal, 'error');
  if (Array.isArray(mended)) terminal.writeError(`${dim(displayText(`mended ${mended.join(', ')}`))}\n`);
  const tool = id.split('::').at(-1) ?? id;
  await writeResult(result, { tool, folder: resolve(terminal.cwd, output) }, terminal);
}

/** Matches messages in which servers refuse access to a path. */
const DENIED =
  /access denied|permission denied|(?:outside|not (?:with)?in)\b[^.]{0,40}\b(?:allowed|permitted|root|workspace|project)|(?:no|not an?|none of the) (?:allowed|permitted) (?:director|folder|path|root)|\broots?\b[^.]{0,40}\b(?:required|missing|empty|not (?:supported|provided|set))|(?:no|without|support) (?:mcp )?roots\b/i;

type Roots = readonly string[] | undefined;

/** Returns a sentence about roots if a server's text refuses access to a path, else undefined. */
export function rootsHint(said: string, id: string, given: Roots, { config }: LocalGateway): string | undefined {
  if (!DENIED.test(said)) return undefined;
  const server = config.servers.find(({ key }) => id.startsWith(`${key}::`));
  const roots = given ?? server?.roots;
  if (roots)
    return `The server was told of these folders as roots: ${roots.join(', ')}. It may take them in place of those in its arguments.`;
  return 'The server was told of no folders (roots), as mcp-gateway call offers none unless asked: --root DIR does, and "roots" in its entry always.';
}

/** Writes the sentence of `rootsHint` after the error with which a tool answered. */
function tellOfRoots(result: ToolResult, id: string, given: Roots, local: LocalGateway, terminal: Terminal): void {
  const blocks = Array.isArray(result.content) ? result.content.filter(isJsonObject) : [];
  const hint = rootsHint(blocks.map(({ text }) => text).join('\n'), id, given, local);
  if (hint) terminal.writeError(`${colorsFor(terminal, 'error').yellow(displayText(hint))}\n`);
}

/** Returns an error with the sentence of `rootsHint` behind its message. */
function withRootsHint(error: unknown, id: string, given: Roots, local: LocalGateway): unknown {
  if (!(error instanceof GatewayError)) return error;
  const hint = rootsHint(error.message, id, given, local);
  return hint
    ? new GatewayError(error.code, `${error.message} ${hint}`, { details: error.details, cause: error })
    : error;
}
