import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expandHome, homeOf } from '../../config/locate.ts';
import type { ToolResult } from '../../core/call.ts';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { parseJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Progress } from '../../core/rpc.ts';
import { isComingUp } from '../../core/server-state.ts';
import { paintFor } from '../terminal/colors.ts';
import { progressText } from '../terminal/status-line.ts';
import { readArguments } from './calling/read-arguments.ts';
import { writeResult } from './calling/write-result.ts';
import { START_SECONDS, timeoutMs } from './command.ts';
import { checkIsUp, type LocalGateway, withGateway } from './local-gateway.ts';
import { jsonText, misused, reporting, shown, type Terminal } from './terminal.ts';

export interface CallArguments {
  /** The id of the tool, then `key=value`. */
  readonly words: readonly string[];
  readonly config?: string | undefined;
  /** JSON, `@file` or `-` for stdin. */
  readonly args?: string | undefined;
  /** Folder for what is no text; absent: the working directory. */
  readonly output?: string | undefined;
  /** Seconds for all of it, as typed. */
  readonly timeout?: string | undefined;
  /** Folders that the server is told as roots. */
  readonly root?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
}

/** The exit code where the tool itself answered with an error. */
const TOOL_ERROR_CODE = 3;

/** A call that takes longer says that it runs, and for how long; in ms. */
const TICK_MS = 500;

/**
 * `mcp-gateway call <id> [key=value…]`: calls a tool as a client would. Resolves with the exit code: 0, 1 where the call
 * failed, 2 misused or wrong arguments, 3 where the tool answered with an error, 130 after Ctrl-C.
 */
export async function call(args: CallArguments, terminal: Terminal): Promise<number> {
  const [id = '', ...words] = args.words;
  const wrong = misuseOf(args, id);
  if (wrong !== undefined) return misused(terminal, 'call', wrong);
  const options = gatewayOptions(id, args, terminal);
  if (typeof options === 'string') return misused(terminal, 'call', options);
  return reporting(terminal, 'call', async () => {
    const base = await baseArguments(args, terminal);
    const startedAt = Date.now();
    return withGateway('call', options, terminal, async (local) => {
      if (!local.catalog.get(id)) checkIsUp(id, local);
      const schema = local.catalog.get(id)?.definition.inputSchema ?? {};
      const given = readArguments(words, schema, base);
      const result = await invoked(id, given, timeLeft(args, startedAt), local).catch((error: unknown) => {
        throw withRootsHint(error, id, options.roots, local);
      });
      await show(result, id, args, terminal);
      if (result.isError === true) tellOfRoots(result, id, options.roots, local, terminal);
      tellOfList(id, local, terminal);
      return result.isError === true ? TOOL_ERROR_CODE : 0;
    });
  });
}

/** What is odd about the list that the tool was found in. */
function tellOfList(id: string, { pool }: LocalGateway, terminal: Terminal): void {
  const upstream = pool.upstreams.all().find(({ config }) => id.startsWith(`${config.key}::`));
  if (!upstream?.listRemark) return;
  const { yellow } = paintFor(terminal, 'error');
  terminal.writeError(`${yellow(shown(`mcp-gateway: server "${upstream.config.key}": ${upstream.listRemark}`))}\n`);
}

function misuseOf({ json, output }: CallArguments, id: string): string | undefined {
  if (id === '') return 'names no tool; mcp-gateway search finds their ids';
  return json && output !== undefined ? '--json has files in it as base64: leave --output or --json away' : undefined;
}

/** What `--args` gives. Throws `INVALID_ARGUMENTS` where that is no JSON object. */
async function baseArguments({ args }: CallArguments, terminal: Terminal): Promise<JsonObject> {
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

/** What a call needs of the gateway, or what is wrong with its options. */
function gatewayOptions(id: string, { config, timeout, root }: CallArguments, { cwd, env }: Terminal) {
  const patienceMs = timeoutMs(timeout, START_SECONDS);
  if (typeof patienceMs === 'string') return patienceMs;
  const roots = root?.map((folder) => resolve(cwd, expandHome(folder, homeOf(env))));
  const none = roots?.find((folder) => !existsSync(folder));
  if (none !== undefined) return `--root: there is no folder ${none}`;
  return { config, tools: [id], showsLogs: true, patienceMs, roots };
}

/** The start of the server counts too: what is left of `--timeout`, in ms; undefined: nobody gave one. */
function timeLeft({ timeout }: CallArguments, startedAt: number): number | undefined {
  return timeout === undefined ? undefined : Math.max(1, Number(timeout) * 1_000 - (Date.now() - startedAt));
}

async function invoked(
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

async function show(result: ToolResult, id: string, { json, output = '.' }: CallArguments, terminal: Terminal) {
  if (json) return terminal.write(jsonText(result));
  const mended = isJsonObject(result._meta) ? result._meta['mcp-gateway/mended'] : undefined;
  const { dim } = paintFor(terminal, 'error');
  if (Array.isArray(mended)) terminal.writeError(`${dim(shown(`mended ${mended.join(', ')}`))}\n`);
  const tool = id.split('::').at(-1) ?? id;
  await writeResult(result, { tool, folder: resolve(terminal.cwd, output) }, terminal);
}

/** How servers say that a path lies outside of what they may touch. */
const DENIED =
  /access denied|permission denied|(?:outside|not (?:with)?in)\b[^.]{0,40}\b(?:allowed|permitted|root|workspace|project)|(?:no|not an?|none of the) (?:allowed|permitted) (?:director|folder|path|root)|\broots?\b[^.]{0,40}\b(?:required|missing|empty|not (?:supported|provided|set))|(?:no|without|support) (?:mcp )?roots\b/i;

type Roots = readonly string[] | undefined;

/** What a person has to know of roots when a server denies access; undefined: that is not what it says. */
export function rootsHint(said: string, id: string, given: Roots, { config }: LocalGateway): string | undefined {
  if (!DENIED.test(said)) return undefined;
  const server = config.servers.find(({ key }) => id.startsWith(`${key}::`));
  const roots = given ?? server?.roots;
  if (roots)
    return `The server was told of these folders as roots: ${roots.join(', ')}. It may take them in place of those in its arguments.`;
  return 'The server was told of no folders (roots), as mcp-gateway call offers none unless asked: --root DIR does, and "roots" in its entry always.';
}

/** The same after the error that a tool answered with. */
export function tellOfRoots(
  result: ToolResult,
  id: string,
  given: Roots,
  local: LocalGateway,
  terminal: Terminal,
): void {
  const blocks = Array.isArray(result.content) ? result.content.filter(isJsonObject) : [];
  const hint = rootsHint(blocks.map(({ text }) => text).join('\n'), id, given, local);
  if (hint) terminal.writeError(`${paintFor(terminal, 'error').yellow(shown(hint))}\n`);
}

/** The same with an error of the server, or of one that does not start without. */
export function withRootsHint(error: unknown, id: string, given: Roots, local: LocalGateway): unknown {
  if (!(error instanceof GatewayError)) return error;
  const hint = rootsHint(error.message, id, given, local);
  return hint
    ? new GatewayError(error.code, `${error.message} ${hint}`, { details: error.details, cause: error })
    : error;
}
