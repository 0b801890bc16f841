import { resolve } from 'node:path';
import { suggestion } from '../../config/diagnostic.ts';
import { abortable, withTimeout } from '../../core/abort.ts';
import { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { nearest } from '../../core/nearest.ts';
import { failureIn, serverState, stands } from '../../core/server-state.ts';
import { LISTS, type ListName } from '../../upstream/resources/lists.ts';
import { type Colors, colorsFor, isForPeople, type Terminal } from '../terminal/terminal.ts';
import { align, type Cell, jsonText } from '../terminal/text-layout.ts';
import { writeResult } from './calling/write-result.ts';
import { type CommandArguments, LIST_SECONDS, START_SECONDS, timeoutMs } from './command.ts';
import { type LocalGateway, type LocalGatewayOptions, waitOf, withGateway } from './local-gateway.ts';
import { reportMisuse } from './report.ts';

/** Least time in ms that a server has for its answer, even if the wait for other servers has used up `--timeout`. */
const LEAST_ANSWER_MS = 1_000;

/**
 * Returns the options of the gateway for a command on resources or prompts, in which servers without cached lists start
 * at once, and the time for one answer; or a text with the flaw of the command line.
 */
function primitivesOptions({ config, server, timeout }: CommandArguments, lists: readonly ListName[]) {
  const patienceMs = timeoutMs(timeout, LIST_SECONDS);
  if (typeof patienceMs === 'string') return patienceMs;
  const endsAt = Date.now() + patienceMs;
  const answerMs = () =>
    timeout === undefined ? START_SECONDS * 1_000 : Math.max(LEAST_ANSWER_MS, endsAt - Date.now());
  const wakes: LocalGatewayOptions['wakes'] = (upstream, remembered) =>
    lists.some((list) => upstream.offers(LISTS[list].kind) && !remembered.recallList(upstream.config, list));
  return { gateway: { config, servers: server, leavesOut: true, patienceMs, wakes }, answerMs };
}

/**
 * Sends a request on resources or prompts as a client does. Throws `UPSTREAM_ERROR` with the server's answer, or
 * `TIMEOUT`.
 */
async function askPrimitives(
  local: LocalGateway,
  method: string,
  params: JsonObject,
  answerMs?: number,
): Promise<JsonObject> {
  const { pool, caller, signal, person } = local;
  const ask = (until: AbortSignal) =>
    abortable(pool.primitives.handle(method, params, { caller, signal: until, peer: person }), until);
  const answer = await (answerMs === undefined ? ask(signal) : withinTime(answerMs, ask, signal));
  if ('result' in answer) return answer.result;
  const { code, message } = answer.error;
  throw new GatewayError('UPSTREAM_ERROR', message.replace(/^MCP error -?\d+: /, ''), { details: { code } });
}

/** True if the server or the gateway answered with an error; false if there was no answer. */
function isRefusal(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'UPSTREAM_ERROR';
}

async function withinTime<T>(ms: number, work: (until: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return withTimeout(
    ms,
    (late) =>
      work(late).catch((error: unknown) => {
        if (!late.aborted || signal.aborted) throw error;
        const seconds = Math.round(ms / 100) / 10;
        throw new GatewayError('TIMEOUT', `no answer within ${seconds} s; --timeout <seconds> gives it more time`);
      }),
    signal,
  );
}

/** Fetches all pages of a list and returns their items. */
export async function listPrimitives(local: LocalGateway, method: string, member: string): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  let cursor: unknown;
  do {
    const page = await askPrimitives(local, method, cursor === undefined ? {} : { cursor });
    items.push(...(Array.isArray(page[member]) ? page[member].filter(isJsonObject) : []));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

/** Writes which servers could not be asked or did not answer, so that their items are missing. Returns their number. */
export function tellMissing(name: string, local: LocalGateway, { writeError }: Terminal): number {
  const { pool, config, lastWords, listProblems } = local;
  const wrong = config.misconfigured.map(
    ({ server, error }) => `not asked: ${server} ${stands('misconfigured')}: ${error}`,
  );
  const down = pool.upstreams.all().flatMap((upstream) => {
    const { key } = upstream.config;
    const state = serverState(upstream.state);
    if (state === 'ready' || state === 'idle') return [];
    const why = waitOf(upstream, lastWords(key)) ?? failureIn(upstream.state)?.error;
    return `not asked: ${key} ${stands(state)}${why ? `: ${why}` : ''}`;
  });
  const told = [...wrong, ...down, ...listProblems];
  for (const text of told) writeError(`mcp-gateway ${name}: ${displayText(text)}\n`);
  return told.length;
}

/**
 * Returns the error for a name that no server lists or answers for, with the nearest listed name; also writes which
 * servers were not asked.
 */
function notListed(
  what: string,
  name: string,
  listed: readonly string[],
  local: LocalGateway,
  terminal: Terminal,
): GatewayError {
  const missing = tellMissing(`${what}s`, local, terminal);
  const where = missing > 0 ? ' on the servers that could be asked' : '';
  const meant = suggestion(nearest(name, listed)) || ';';
  const cure = missing > 0 ? `mcp-gateway doctor says what the others lack` : `mcp-gateway ${what}s lists them`;
  return new GatewayError('UPSTREAM_ERROR', `no ${what} ${JSON.stringify(name)}${where}${meant} ${cure}`);
}

/** A command on resources or prompts, with the words and options of the user. */
export interface PrimitivesCommand {
  readonly kind: 'resource' | 'prompt';
  readonly lists: readonly ListName[];
  readonly args: CommandArguments;
  readonly terminal: Terminal;
}

/** Heads and cells of a table for people. */
export interface PrimitivesTable {
  readonly header: readonly [string, string];
  row(item: JsonObject, colors: Colors): readonly Cell[];
}

/**
 * Runs the command with its own gateway, or reports `wrong`, the flaw of its command line. Resolves with the exit code.
 */
export async function withPrimitives(
  { kind, lists, args, terminal }: PrimitivesCommand,
  wrong: string | undefined,
  run: (local: LocalGateway, answerMs: () => number) => Promise<void>,
): Promise<number> {
  const options = primitivesOptions(args, lists);
  const name = `${kind}s`;
  if (typeof options === 'string') return reportMisuse(terminal, name, options);
  if (wrong !== undefined) return reportMisuse(terminal, name, wrong);
  return withGateway(name, options.gateway, terminal, async (local) => {
    await run(local, options.answerMs);
    return 0;
  });
}

/** Returns the flaw of the verb, or of the words behind `list`; undefined if they are right. */
export function wrongVerb({ kind, args }: PrimitivesCommand, expected: string): string | undefined {
  const [verb = 'list', name] = args.words;
  if (verb === 'list')
    return name === undefined ? undefined : `found ${JSON.stringify(name)} after list, expected options`;
  if (verb !== 'get' && verb !== 'read') return `found ${JSON.stringify(verb)}, expected list or ${expected}`;
  const what = kind === 'prompt' ? 'prompt' : 'uri';
  return name === undefined ? `${verb} names no ${what}; mcp-gateway ${kind}s lists them` : undefined;
}

/** Writes the listed items: as a table, or as JSON under the protocol's names. */
export function writeLists(
  { kind, args, terminal }: PrimitivesCommand,
  lists: Readonly<Record<string, readonly JsonObject[]>>,
  { header, row }: PrimitivesTable,
): void {
  terminal.write(isForPeople(args, terminal) ? tableOf(Object.values(lists).flat()) : jsonText(lists));

  function tableOf(items: readonly JsonObject[]): string {
    if (items.length === 0) return `No ${kind}s.\n`;
    const colors = colorsFor(terminal);
    const heads = [...header, ''].map((text) => ({ text, color: colors.dim }));
    return `${align([heads, ...items.map((item) => row(item, colors))], terminal.columns).join('\n')}\n`;
  }
}

/**
 * Resolves with a server's answer about one resource or prompt. If no server lists the name, the error says so, because
 * servers often give no reason.
 */
export async function askForOne(
  { kind, terminal }: PrimitivesCommand,
  local: LocalGateway,
  request: { readonly method: string; readonly params: JsonObject; readonly name: string; readonly answerMs: number },
  listed: () => Promise<readonly string[]>,
): Promise<JsonObject> {
  try {
    return await askPrimitives(local, request.method, request.params, request.answerMs);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const names = await listed();
    throw names.includes(request.name) ? error : notListed(kind, request.name, names, local, terminal);
  }
}

/** Writes the answer as JSON, or its blocks; non-text content goes into files whose names begin with `file`. */
export async function writeAnswer(
  { args: { json, output = '.' }, terminal }: PrimitivesCommand,
  answer: { readonly result: JsonObject; readonly content: readonly unknown[]; readonly file: string },
): Promise<void> {
  if (json) return terminal.write(jsonText(answer.result));
  const folder = resolve(terminal.cwd, output);
  await writeResult({ content: [...answer.content] }, { tool: answer.file, folder }, terminal);
}
