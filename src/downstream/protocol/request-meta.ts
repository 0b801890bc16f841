import { isJsonObject, type JsonObject } from '../../core/json.ts';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  isLogLevel,
  LOG_LEVEL_META_KEY,
  LOG_LEVELS,
  PROTOCOL_VERSION_META_KEY,
} from '../../core/protocol.ts';
import { INVALID_PARAMS } from '../../core/rpc.ts';

/**
 * Validates what a message of 2026-07-28 tells of its client in `_meta`. Returns the message without nulls there, or
 * the error answer to a request that is invalid; a message of another revision as it is.
 */
export function readEnvelope(message: JsonObject): { readonly message: JsonObject } | { readonly refusal: JsonObject } {
  const { id, method, params } = message;
  const received = isJsonObject(params) ? params._meta : undefined;
  if (!isJsonObject(received) || received[PROTOCOL_VERSION_META_KEY] === undefined) return { message };
  const meta = withoutEnvelopeNulls(received);
  const problem = id === undefined || method === undefined ? undefined : envelopeProblem(meta);
  if (problem === undefined)
    return {
      message: meta === received ? message : { ...message, params: { ...(params as JsonObject), _meta: meta } },
    };
  const error = { code: INVALID_PARAMS, message: `Invalid params: _meta: ${problem}` };
  return { refusal: { jsonrpc: '2.0', id, error } };
}

const CLIENT_KEYS = [CLIENT_INFO_META_KEY, CLIENT_CAPABILITIES_META_KEY, LOG_LEVEL_META_KEY];

/**
 * The `_meta` without nulls in the members about the client: an optional member is dropped, null capabilities become
 * `{}`. The same object if there are none.
 */
function withoutEnvelopeNulls(meta: JsonObject): JsonObject {
  if (!CLIENT_KEYS.some((key) => hasNull(meta[key], NULL_DEPTH))) return meta;
  const own = { ...meta };
  for (const key of CLIENT_KEYS) {
    if (own[key] === null && key === CLIENT_CAPABILITIES_META_KEY) own[key] = {};
    else if (own[key] === null) delete own[key];
    else if (own[key] !== undefined) own[key] = withoutNulls(own[key], NULL_DEPTH);
  }
  return own;
}

/** Capabilities whose value is an object. */
const CAPABILITIES = ['experimental', 'sampling', 'elicitation', 'roots', 'extensions'];

function envelopeProblem(meta: JsonObject): string | undefined {
  const info = meta[CLIENT_INFO_META_KEY];
  const capabilities = meta[CLIENT_CAPABILITIES_META_KEY];
  const level = meta[LOG_LEVEL_META_KEY];
  if (typeof meta[PROTOCOL_VERSION_META_KEY] !== 'string') return `${PROTOCOL_VERSION_META_KEY}: expected a string`;
  if (info !== undefined && !isJsonObject(info)) return `${CLIENT_INFO_META_KEY}: expected an object`;
  const unnamed = info && ['name', 'version'].find((key) => typeof info[key] !== 'string');
  if (unnamed) return `${CLIENT_INFO_META_KEY}.${unnamed}: expected a string`;
  if (capabilities !== undefined && !isJsonObject(capabilities))
    return `${CLIENT_CAPABILITIES_META_KEY}: expected an object`;
  const flat = CAPABILITIES.find((key) => capabilities?.[key] !== undefined && !isJsonObject(capabilities[key]));
  if (flat) return `${CLIENT_CAPABILITIES_META_KEY}.${flat}: expected an object`;
  if (level === undefined || isLogLevel(level)) return undefined;
  return `${LOG_LEVEL_META_KEY}: expected one of ${LOG_LEVELS.join(', ')}`;
}

/** Depth of the dropped nulls: members, and members of members. Deeper values are for extensions to define. */
const NULL_DEPTH = 2;

function hasNull(value: unknown, levels: number): boolean {
  if (value === null) return true;
  return levels > 0 && isJsonObject(value) && Object.values(value).some((member) => hasNull(member, levels - 1));
}

function withoutNulls(value: unknown, levels: number): unknown {
  if (!isJsonObject(value) || levels === 0) return value;
  const own = { ...value };
  for (const [key, member] of Object.entries(value))
    if (member === null) delete own[key];
    else own[key] = withoutNulls(member, levels - 1);
  return own;
}
