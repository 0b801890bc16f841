import { createHash, randomUUID } from 'node:crypto';
import type { Caller } from '../core/call.ts';
import { clip, type GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { EndedCall, Observer, Outcome } from './ended-call.ts';
import { RecentRecords } from './recent-records.ts';
import { displayArguments } from './shown-arguments.ts';

/** The record of one call. */
export interface RequestRecord {
  /** An unguessable id. */
  readonly id: string;
  /** Start of the call, in epoch ms. */
  readonly at: number;
  readonly caller: string;
  readonly tags?: readonly string[];
  /** A digest that tells sessions apart. It is not the session's id, because that may be a credential. */
  readonly session?: string;
  readonly tool: string;
  /** Key of the server. Absent: the tool is unknown. */
  readonly server?: string;
  readonly background: boolean;
  readonly durationMs: number;
  /** `tool_error`: the tool's own result says that it failed. */
  readonly outcome: Outcome;
  /** Bytes of the arguments as JSON in UTF-8; 0 for a call that never reached a tool. */
  readonly argumentBytes: number;
  /** Bytes of the result as JSON in UTF-8; 0 without a result. */
  readonly resultBytes: number;
  /** True if a value was too large to be counted whole. */
  readonly bytesEstimated?: true;
  /** Present if `monitor.arguments` is on; secrets are blanked. */
  readonly arguments?: JsonObject;
}

export interface RequestLogOptions {
  readonly retentionMs: number;
  readonly maxRecords: number;
  readonly keepArguments: boolean;
}

export interface RequestQuery {
  readonly caller?: string;
  readonly server?: string;
  /** The id of a tool. */
  readonly tool?: string;
  readonly outcome?: string;
  /** Earliest start, in epoch ms, inclusive. */
  readonly since?: number;
  /** Latest start, in epoch ms, exclusive. */
  readonly until?: number;
  /** Most records of the page; at least 1. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** The part of a caller that is recorded. */
type Who = Pick<Caller, 'id' | 'tags' | 'session'>;

/** The calls of all callers, the one that ended last first. Bounded by age and number, with a share for each caller. */
export class RequestLog {
  readonly #keepArguments: boolean;
  readonly #now: () => number;
  readonly #records: RecentRecords<RequestRecord>;

  constructor(options: RequestLogOptions, now: () => number = Date.now) {
    this.#keepArguments = options.keepArguments;
    this.#now = now;
    const traits = {
      endedAt: ({ at, durationMs }: RequestRecord) => at + durationMs,
      owner: (record: RequestRecord) => record.caller,
    };
    this.#records = new RecentRecords(options, traits, now);
  }

  /** Records a call that reached a tool and has ended. */
  readonly ended: Observer = (ended) => {
    this.#records.add(recordOf(ended, this.#keepArguments));
  };

  /** Records a call that never reached a tool: unknown or ambiguous tool, wrong arguments, full queue. */
  refused(caller: Who, tool: string, error: GatewayError): void {
    this.#records.add({
      ...asked(caller, this.#now()),
      tool: clip(tool),
      background: false,
      durationMs: 0,
      outcome: error.code,
      argumentBytes: 0,
      resultBytes: 0,
    });
  }

  /**
   * A page of records that pass every filter; `next` if there are more. Throws `INVALID_ARGUMENTS` on a cursor of
   * another log.
   */
  query(query: RequestQuery): { readonly records: readonly RequestRecord[]; readonly next?: string } {
    return this.#records.page((record) => fits(record, query), query.limit, query.cursor);
  }
}

function recordOf({ call, context, at, durationMs, outcome, result }: EndedCall, keepArguments: boolean) {
  const sent = jsonSize(call.args);
  const received = result === undefined ? { bytes: 0, estimated: false } : jsonSize(result);
  const { caller } = context;
  // Written out without spreading, because this runs for every call.
  const record: RequestRecord = {
    id: randomUUID(),
    at,
    caller: caller.id,
    tags: caller.tags,
    session: sessionMark(caller),
    tool: call.tool.id,
    server: call.tool.server,
    background: call.background === true,
    durationMs: Math.round(durationMs),
    outcome,
    argumentBytes: sent.bytes,
    resultBytes: received.bytes,
    bytesEstimated: sent.estimated || received.estimated ? true : undefined,
    arguments: keepArguments ? displayArguments(call.args) : undefined,
  };
  return record;
}

function asked(who: Who, at: number) {
  return { id: randomUUID(), at, caller: who.id, tags: who.tags, session: sessionMark(who) };
}

const marks = new WeakMap<Who, string>();

/** Digest of the session's id, because the id may be a credential. */
function sessionMark(who: Who): string | undefined {
  if (who.session === undefined) return undefined;
  const known = marks.get(who);
  if (known !== undefined) return known;
  const mark = createHash('sha256').update(who.session).digest('hex').slice(0, 12);
  marks.set(who, mark);
  return mark;
}

function fits(record: RequestRecord, { caller, server, tool, outcome, since, until }: RequestQuery): boolean {
  return (
    (caller === undefined || record.caller === caller) &&
    (server === undefined || record.server === server) &&
    (tool === undefined || record.tool === tool) &&
    (outcome === undefined || record.outcome === outcome) &&
    (since === undefined || record.at >= since) &&
    (until === undefined || record.at < until)
  );
}

/** Bytes of a value as JSON in UTF-8. `estimated`: it was too large to count. */
interface JsonSize {
  readonly bytes: number;
  readonly estimated: boolean;
}

/** Most values and characters that are counted one by one: both together take under 0.5 ms. */
const MAX_VALUES = 2_000;
const MAX_CHARS = 65_536;
/** Characters at the start of a long text that are used to estimate the growth by escapes. */
const SAMPLE_CHARS = 256;
/** A text of ASCII characters without an escape: one byte per character. */
const PLAIN = /^[ !#-[\]-~]*$/;

interface Budget {
  values: number;
  chars: number;
}

/** Size of a JSON value, without serializing it: a small value is counted, a large one is estimated from a sample. */
export function jsonSize(value: unknown): JsonSize {
  const budget: Budget = { values: MAX_VALUES, chars: MAX_CHARS };
  const counted = count(value, budget);
  const bytes = budget.values < 0 ? estimate(value, MAX_VALUES, budget) : counted;
  return { bytes: Math.round(bytes), estimated: budget.values < 0 || budget.chars < 0 };
}

/** Counts a value with all members. The result is useless once the budget of values is spent. */
function count(value: unknown, budget: Budget): number {
  budget.values -= 1;
  if (budget.values < 0) return 0;
  if (Array.isArray(value)) return countArray(value, budget);
  return isJsonObject(value) ? countObject(value, budget) : scalarBytes(value, budget);
}

function countArray(items: readonly unknown[], budget: Budget): number {
  if (items.length > budget.values) budget.values = -1;
  let bytes = 1 + Math.max(1, items.length);
  for (let index = 0; index < items.length && budget.values >= 0; index++) bytes += count(items[index], budget);
  return bytes;
}

function countObject(object: JsonObject, budget: Budget): number {
  const keys = Object.keys(object);
  if (keys.length > budget.values) budget.values = -1;
  let bytes = 1 + Math.max(1, keys.length);
  for (const key of keys) {
    if (budget.values < 0) return bytes;
    bytes += textBytes(key, budget) + 1 + count(object[key], budget);
  }
  return bytes;
}

/** Estimates from at most about `share` values. Those of a container are evenly spread over it. */
function estimate(value: unknown, share: number, budget: Budget): number {
  if (Array.isArray(value)) {
    return estimateMembers(value.length, share, (index, rest) => estimate(value[index], rest, budget));
  }
  if (!isJsonObject(value)) return scalarBytes(value, budget);
  const keys = Object.keys(value);
  return estimateMembers(keys.length, share, (index, rest) => {
    const key = keys[index] ?? '';
    return textBytes(key, budget) + 1 + estimate(value[key], rest, budget);
  });
}

function estimateMembers(length: number, share: number, bytesAt: (index: number, share: number) => number): number {
  // The square root, so that about as many values are sampled in each member as members are sampled here.
  const picks = share < 1 ? 0 : Math.min(length, Math.ceil(Math.sqrt(share)));
  if (picks === 0) return 2;
  const rest = Math.floor((share - 1) / picks);
  let bytes = 0;
  for (let pick = 0; pick < picks; pick++) bytes += 1 + bytesAt(Math.floor((pick * length) / picks), rest);
  return 1 + (bytes * length) / picks;
}

function scalarBytes(value: unknown, budget: Budget): number {
  return typeof value === 'string' ? textBytes(value, budget) : String(value).length;
}

function textBytes(text: string, budget: Budget): number {
  if (text.length <= SAMPLE_CHARS) return writtenBytes(text);
  budget.chars -= text.length;
  if (budget.chars >= 0) return writtenBytes(text);
  const sample = text.slice(0, SAMPLE_CHARS);
  const growth = (writtenBytes(sample) - 2) / Buffer.byteLength(sample);
  return 2 + Buffer.byteLength(text) * growth;
}

function writtenBytes(text: string): number {
  // True for most keys and short values, and takes a third of the time of `JSON.stringify`.
  if (text.length <= SAMPLE_CHARS && PLAIN.test(text)) return text.length + 2;
  return Buffer.byteLength(JSON.stringify(text));
}
