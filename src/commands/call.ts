import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Progress, ToolResult } from '../core/call.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import { parseJson } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { isComingUp } from '../core/upstream-state.ts';
import { readArguments } from './calling/read-arguments.ts';
import { writeResult } from './calling/write-result.ts';
import { paintFor } from './display/paint.ts';
import { progressText } from './display/progress-text.ts';
import { type LocalGateway, withGateway } from './local-gateway.ts';
import { jsonText, misused, reporting, shown, type Terminal } from './terminal.ts';

export interface CallArguments {
  /** The id of the tool, then `key=value`. */
  readonly words: readonly string[];
  readonly config?: string | undefined;
  /** JSON, `@file` or `-` for stdin. */
  readonly args?: string | undefined;
  /** Folder for what is no text; absent: the working directory. */
  readonly output?: string | undefined;
  /** Seconds, as typed. */
  readonly timeout?: string | undefined;
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
  const { config } = args;
  const wanted = (server: string) => id.startsWith(`${server}::`);
  return reporting(terminal, 'call', async () => {
    const base = await baseArguments(args, terminal);
    return withGateway('call', { config, wanted, showsLogs: true }, terminal, async (local) => {
      const schema = local.catalog.get(id)?.definition.inputSchema ?? {};
      const result = await invoked(id, readArguments(words, schema, base), args, local);
      await show(result, id, args, terminal);
      return result.isError === true ? TOOL_ERROR_CODE : 0;
    });
  });
}

function misuseOf({ timeout, json, output }: CallArguments, id: string): string | undefined {
  if (id === '') return 'names no tool; mcp-gateway search finds their ids';
  if (timeout !== undefined && !(Number(timeout) > 0))
    return `found --timeout ${JSON.stringify(timeout)}, expected seconds`;
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

async function invoked(
  id: string,
  given: JsonObject,
  { timeout }: CallArguments,
  local: LocalGateway,
): Promise<ToolResult> {
  const { broker, caller, signal, person, status } = local;
  const startedAt = Date.now();
  const timer = setInterval(() => status.show(runningText(id, startedAt, local)), TICK_MS);
  const onProgress = (progress: Progress) => {
    clearInterval(timer);
    status.show(progressText(progress));
  };
  const request = { id, args: given, ...(timeout !== undefined && { timeoutMs: Number(timeout) * 1_000 }) };
  try {
    return await broker.invoke(request, { caller, signal, onProgress, peer: person });
  } catch (error) {
    throw forPeople(error);
  } finally {
    clearInterval(timer);
    status.clear();
  }
}

function runningText(id: string, startedAt: number, { backend }: LocalGateway): string {
  const starting = backend.upstreams
    .all()
    .find(({ config, state }) => id.startsWith(`${config.key}::`) && isComingUp(state));
  const seconds = Math.floor((Date.now() - startedAt) / 1_000);
  return `${starting ? `starting ${starting.config.key}` : `calling ${id}`}, ${seconds} s`;
}

/** Cures that a person has, in place of those of a model. */
function forPeople(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, message, details } = error;
  if (code === 'TIMEOUT')
    return new GatewayError(code, message.replace(/ Call again with .*$/, ' --timeout <seconds> gives it more time.'), {
      details,
    });
  // The address leads back to this process, which ends.
  if (code === 'UPSTREAM_NEEDS_AUTH' && typeof details.url === 'string' && !message.includes('mcp-gateway login'))
    return new GatewayError(
      code,
      `server "${details.server}" needs a login: call it at a terminal, where you are shown the address`,
    );
  return error;
}

async function show(result: ToolResult, id: string, { json, output = '.' }: CallArguments, terminal: Terminal) {
  if (json) return terminal.write(jsonText(result));
  const mended = isJsonObject(result._meta) ? result._meta['mcp-gateway/mended'] : undefined;
  const { dim } = paintFor(terminal, 'error');
  if (Array.isArray(mended)) terminal.writeError(`${dim(shown(`mended ${mended.join(', ')}`))}\n`);
  const tool = id.split('::').at(-1) ?? id;
  await writeResult(result, { tool, folder: resolve(terminal.cwd, output) }, terminal);
}
