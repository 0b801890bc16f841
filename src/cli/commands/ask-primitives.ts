import { suggestion } from '../../config/finding.ts';
import { abortable, withTimeout } from '../../core/abort.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import { nearest } from '../../core/nearest.ts';
import { serverState, stands } from '../../core/server-state.ts';
import { failureIn } from '../../core/upstream-state.ts';
import { LISTS, type ListName } from '../../upstream/resources/lists.ts';
import type { LocalGateway, LocalGatewayOptions } from './local-gateway.ts';
import { waitOf } from './still-connecting.ts';
import { type AnswerForm, shown, type Terminal } from './terminal.ts';
import { LIST_SECONDS, START_SECONDS, timeoutMs } from './timeout.ts';

export interface PrimitivesArguments extends AnswerForm {
  /** `list`, or `read` or `get` and what. */
  readonly words: readonly string[];
  readonly config?: string | undefined;
  readonly server?: readonly string[] | undefined;
  readonly timeout?: string | undefined;
  /** Folder for what is no text. */
  readonly output?: string | undefined;
}

/** What is at least left, in ms, for the answer of a server, however long others were waited for. */
const LEAST_ANSWER_MS = 1_000;

/**
 * What a person asks of servers beside tools: the gateway for it, in which those wake at once whose lists are not remembered,
 * and the time for one answer; a text says what is wrong.
 */
export function primitivesOptions({ config, server, timeout }: PrimitivesArguments, lists: readonly ListName[]) {
  const patienceMs = timeoutMs(timeout, LIST_SECONDS);
  if (typeof patienceMs === 'string') return patienceMs;
  const endsAt = Date.now() + patienceMs;
  const answerMs = () =>
    timeout === undefined ? START_SECONDS * 1_000 : Math.max(LEAST_ANSWER_MS, endsAt - Date.now());
  const wakes: LocalGatewayOptions['wakes'] = (upstream, remembered) =>
    lists.some((list) => upstream.offers(LISTS[list].kind) && !remembered.recallList(upstream.config, list));
  return { gateway: { config, servers: server, leavesOut: true, patienceMs, wakes }, answerMs };
}

/** What servers have beside tools, asked as a client asks. Throws `UPSTREAM_ERROR` with what the server answers, `TIMEOUT`. */
export async function askPrimitives(
  local: LocalGateway,
  method: string,
  params: JsonObject,
  answerMs?: number,
): Promise<JsonObject> {
  const { backend, caller, signal, person } = local;
  const ask = (until: AbortSignal) =>
    abortable(backend.primitives.handle(method, params, { caller, signal: until, peer: person }), until);
  const answer = await (answerMs === undefined ? ask(signal) : withinTime(answerMs, ask, signal));
  if ('result' in answer) return answer.result;
  const { code, message } = answer.error;
  throw new GatewayError('UPSTREAM_ERROR', message.replace(/^MCP error -?\d+: /, ''), { details: { code } });
}

/** Whether a server, or we, answered with an error; else it did not answer. */
export function isRefusal(error: unknown): boolean {
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

/** All pages of a list. */
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

/** Says which servers could not be asked, or did not answer: what they have is missing. Returns how many there are. */
export function tellMissing(name: string, local: LocalGateway, { writeError }: Terminal): number {
  const { backend, config, lastWords, listProblems } = local;
  const wrong = config.misconfigured.map(
    ({ server, error }) => `not asked: ${server} ${stands('misconfigured')}: ${error}`,
  );
  const down = backend.upstreams.all().flatMap((upstream) => {
    const { key } = upstream.config;
    const state = serverState(upstream.state);
    if (state === 'ready' || state === 'idle') return [];
    const why = waitOf(upstream, lastWords(key)) ?? failureIn(upstream.state)?.error;
    return `not asked: ${key} ${stands(state)}${why ? `: ${why}` : ''}`;
  });
  const told = [...wrong, ...down, ...listProblems];
  for (const text of told) writeError(`mcp-gateway ${name}: ${shown(text)}\n`);
  return told.length;
}

/** The error for what no server lists and none answered for, with the nearest that is listed; says who was not asked. */
export function notListed(
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
