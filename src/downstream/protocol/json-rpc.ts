import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { INTERNAL_ERROR, rpcError } from '../../core/rpc.ts';
import { unwritable } from '../../core/unwritable.ts';

/** The first fault of a message as a request, notification or answer of MCP; undefined: none. */
export function messageProblem(message: unknown): string | undefined {
  if (!isJsonObject(message) || message.jsonrpc !== '2.0') return 'not a JSON-RPC 2.0 message';
  if (isAnswer(message)) return undefined;
  const { id, method, params } = message;
  if (typeof method !== 'string') return 'method: expected a string';
  if (id !== undefined && !isIdOrToken(id)) return 'id: expected a string or a whole number below 2^53';
  if (params === undefined || params === null) return undefined;
  if (!isJsonObject(params)) return 'params: expected an object';
  return metaProblem(params._meta) ?? listenProblem(params);
}

/** Resources in one `subscriptions/listen`, at most: each costs a request to a server. */
const MAX_SUBSCRIBED = 500;

function listenProblem({ notifications }: JsonObject): string | undefined {
  const uris = isJsonObject(notifications) ? notifications.resourceSubscriptions : undefined;
  if (!Array.isArray(uris) || uris.length <= MAX_SUBSCRIBED) return undefined;
  return `params.notifications.resourceSubscriptions: ${uris.length} of them; one request may have ${MAX_SUBSCRIBED}`;
}

function metaProblem(meta: unknown): string | undefined {
  if (meta === undefined || meta === null) return undefined;
  if (!isJsonObject(meta)) return 'params._meta: expected an object';
  const { progressToken } = meta;
  if (progressToken === undefined || progressToken === null || isIdOrToken(progressToken)) return undefined;
  return 'params._meta.progressToken: expected a string or a whole number below 2^53';
}

const isIdOrToken = (value: unknown) => typeof value === 'string' || Number.isSafeInteger(value);

/** A message of a client, read once for all code that handles it. */
export interface ClientMessage {
  /** The message as it was received. */
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

/** True if the message is an answer, valid or not, to a request of ours. */
export function isAnswer(message: JsonObject): boolean {
  return message.method === undefined && message.id !== undefined;
}

/** Normalizes a message in which `messageProblem` has found no fault. */
export function normalizeMessage(message: JsonObject): JsonObject {
  return isAnswer(message) ? validAnswer(message) : withoutNulls(message);
}

/** Optional members of `params` that some clients send as null instead of leaving them out. */
const OPTIONAL = ['_meta', 'arguments', 'cursor'] as const;

/** The message without the optional members that are null; the same object if none is. */
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

/** A valid answer: one with neither a result nor an error becomes an error, because its request would wait for ever. */
function validAnswer({ id, result, error }: JsonObject): JsonObject {
  if (isJsonObject(result) && error === undefined) return { jsonrpc: '2.0', id, result };
  const { code, ...rest } = rpcError(error);
  return { jsonrpc: '2.0', id, error: { code: Number.isSafeInteger(code) ? code : INTERNAL_ERROR, ...rest } };
}

/** The only revision of the protocol with batches. */
const REVISION = '2025-03-26';
/** Messages in one batch, at most. */
const MAX_MESSAGES = 50;

/** Batches of one client: allowed once it has initialized in the revision that has them. */
export class Batches {
  #areAllowed = false;

  get areAllowed(): boolean {
    return this.#areAllowed;
  }

  /** Takes the client's revision from an `initialize`. Called for each message outside of batches. */
  observe({ method, params }: JsonObject): void {
    if (method === 'initialize' && isJsonObject(params)) this.#areAllowed = params.protocolVersion === REVISION;
  }

  /** The reason to refuse a batch of that many messages; undefined: none. */
  problem(size: number): string | undefined {
    if (!this.#areAllowed)
      return `a batch, which only revision ${REVISION} has, once the client has said hello in it; send each message by itself`;
    if (size === 0) return 'an empty batch';
    return size > MAX_MESSAGES ? `a batch of ${size} messages; one holds at most ${MAX_MESSAGES}` : undefined;
  }
}

/** The error answers to a refused batch: one for each request in it, so that none waits, else a single one. */
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
 * The message as JSON. An answer that cannot be serialized becomes an error, because its request would wait for ever;
 * any other message throws.
 */
export function messageText(message: JsonObject): string {
  try {
    return writeJson(message);
  } catch (error) {
    if (message.method !== undefined || message.id === undefined) throw error;
    return JSON.stringify(unwritableAnswer(message.id, unwritable(error)));
  }
}

/** The error answer that replaces an answer which cannot be serialized. */
export function unwritableAnswer(id: unknown, why: string): JsonObject {
  return {
    jsonrpc: '2.0',
    id,
    error: { code: INTERNAL_ERROR, message: `The answer cannot be written as JSON: ${why}` },
  };
}
