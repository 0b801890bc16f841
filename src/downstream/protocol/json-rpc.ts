import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { INTERNAL_ERROR, rpcError } from '../../core/rpc.ts';
import { unwritable } from '../../core/unwritable.ts';

/** What keeps a message from being a request or a notification of MCP; undefined when nothing does. */
export function messageProblem(message: unknown): string | undefined {
  if (!isJsonObject(message) || message.jsonrpc !== '2.0') return 'not a JSON-RPC 2.0 message';
  if (isAnswer(message)) return undefined;
  const { id, method, params } = message;
  if (typeof method !== 'string') return 'method: expected a string';
  if (id !== undefined && !isName(id)) return 'id: expected a string or a whole number below 2^53';
  if (params === undefined || params === null) return undefined;
  if (!isJsonObject(params)) return 'params: expected an object';
  return metaProblem(params._meta) ?? listenProblem(params);
}

/** Resources that one message may ask to hear of: each is a request to a server. */
const MAX_FOLLOWED = 500;

function listenProblem({ notifications }: JsonObject): string | undefined {
  const followed = isJsonObject(notifications) ? notifications.resourceSubscriptions : undefined;
  if (!Array.isArray(followed) || followed.length <= MAX_FOLLOWED) return undefined;
  return `params.notifications.resourceSubscriptions: ${followed.length} of them; one request may have ${MAX_FOLLOWED}`;
}

function metaProblem(meta: unknown): string | undefined {
  if (meta === undefined || meta === null) return undefined;
  if (!isJsonObject(meta)) return 'params._meta: expected an object';
  const { progressToken } = meta;
  if (progressToken === undefined || progressToken === null || isName(progressToken)) return undefined;
  return 'params._meta.progressToken: expected a string or a whole number below 2^53';
}

const isName = (value: unknown) => typeof value === 'string' || Number.isSafeInteger(value);

/** A message of a client, read once for all that handle it. */
export interface ClientMessage {
  /** The message as it came. */
  readonly raw: JsonObject;
  readonly id: unknown;
  /** Undefined in answers. */
  readonly method: string | undefined;
  readonly params: JsonObject;
  /** `_meta` of `params`. */
  readonly meta: JsonObject;
}

export function readMessage(raw: JsonObject): ClientMessage {
  const { id, method } = raw;
  const params = isJsonObject(raw.params) ? raw.params : {};
  const meta = isJsonObject(params._meta) ? params._meta : {};
  return { raw, id, method: typeof method === 'string' ? method : undefined, params, meta };
}

/** Whether the message answers a request of ours, however badly. */
export function isAnswer(message: JsonObject): boolean {
  return message.method === undefined && message.id !== undefined;
}

/** A message that `messageProblem` found nothing wrong with, as the gateway reads it. */
export function readable(message: JsonObject): JsonObject {
  return isAnswer(message) ? readableAnswer(message) : withoutNulls(message);
}

/** Members of `params` that some clients write as null where they mean nothing. */
const OPTIONAL = ['_meta', 'arguments', 'cursor'] as const;

/** What is optional and null is absent. */
function withoutNulls(message: JsonObject): JsonObject {
  const { params } = message;
  if (params === undefined) return message;
  if (!isJsonObject(params)) return { ...message, params: undefined };
  const meta = params._meta;
  const hasNull = isJsonObject(meta) && meta.progressToken === null;
  if (!hasNull && OPTIONAL.every((name) => params[name] !== null)) return message;
  const own: JsonObject = { ...params, ...(hasNull && { _meta: withoutToken(meta) }) };
  for (const name of OPTIONAL) if (own[name] === null) delete own[name];
  return { ...message, params: own };
}

function withoutToken({ progressToken: _, ...meta }: JsonObject): JsonObject {
  return meta;
}

/** An answer as JSON-RPC has it: one that holds neither a result nor an error is an error, or whoever asked would wait for ever. */
function readableAnswer({ id, result, error }: JsonObject): JsonObject {
  if (isJsonObject(result) && error === undefined) return { jsonrpc: '2.0', id, result };
  const { code, ...rest } = rpcError(error);
  return { jsonrpc: '2.0', id, error: { code: Number.isSafeInteger(code) ? code : INTERNAL_ERROR, ...rest } };
}

/** The one revision that has batches. */
const REVISION = '2025-03-26';
/** Messages that one batch may hold. */
const MAX_MESSAGES = 50;

/** Whether a client may send batches of messages: one that has said hello in the revision that has them. */
export class Batches {
  #areAllowed = false;

  get areAllowed(): boolean {
    return this.#areAllowed;
  }

  /** Learns from a message that was sent by itself which revision the client speaks. */
  observe({ method, params }: JsonObject): void {
    if (method === 'initialize' && isJsonObject(params)) this.#areAllowed = params.protocolVersion === REVISION;
  }

  /** What keeps a batch of that size from being taken; undefined when nothing does. */
  problem(size: number): string | undefined {
    if (!this.#areAllowed)
      return `a batch, which only revision ${REVISION} has, once the client has said hello in it; send each message by itself`;
    if (size === 0) return 'an empty batch';
    return size > MAX_MESSAGES ? `a batch of ${size} messages; one holds at most ${MAX_MESSAGES}` : undefined;
  }
}

/** The answers to a batch that is refused: one for each request in it, so that none waits, or one for all. */
export function batchRefusal(batch: readonly unknown[], error: JsonObject): JsonObject[] {
  const ids = batch.length > MAX_MESSAGES ? [] : batch.flatMap(requestId);
  return (ids.length > 0 ? ids : [null]).map((id) => ({ jsonrpc: '2.0', id, error }));
}

function requestId(message: unknown): (string | number)[] {
  if (!isJsonObject(message) || typeof message.method !== 'string') return [];
  const { id } = message;
  return typeof id === 'string' || typeof id === 'number' ? [id] : [];
}

/**
 * A message as JSON. An answer that cannot be written becomes an error, as whoever asked would wait for ever; any other
 * message throws.
 */
export function messageText(message: JsonObject): string {
  try {
    return writeJson(message);
  } catch (error) {
    if (message.method !== undefined || message.id === undefined) throw error;
    return JSON.stringify(unwritableAnswer(message.id, unwritable(error)));
  }
}

/** The error in place of an answer that cannot be written. */
export function unwritableAnswer(id: unknown, why: string): JsonObject {
  return {
    jsonrpc: '2.0',
    id,
    error: { code: INTERNAL_ERROR, message: `The answer cannot be written as JSON: ${why}` },
  };
}
