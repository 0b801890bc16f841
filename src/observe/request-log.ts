import { createHash, randomUUID } from 'node:crypto';
import type { Caller, CallPolicy } from '../core/call.ts';
import { clip, type GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { type EndedCall, type Observer, type Outcome, observing } from './ended-call.ts';
import { jsonSize } from './json-size.ts';
import { RecentRecords } from './recent-records.ts';
import { shownArguments } from './shown-arguments.ts';

/** One call that somebody asked for, as it is remembered. */
export interface RequestRecord {
  /** Unguessable. */
  readonly id: string;
  /** When it began, in epoch ms. */
  readonly at: number;
  readonly caller: string;
  readonly tags?: readonly string[];
  /** Tells sessions apart: a digest, since the id of a session may be what admits to it. */
  readonly session?: string;
  readonly tool: string;
  /** Absent: the tool is unknown. */
  readonly server?: string;
  readonly background: boolean;
  readonly durationMs: number;
  /** `tool_error`: the tool's own result says that it failed. */
  readonly outcome: Outcome;
  /** As JSON in UTF-8; 0 for a call that never reached a tool. */
  readonly argumentBytes: number;
  /** As JSON in UTF-8; 0 without a result. */
  readonly resultBytes: number;
  /** One of the sizes was too large to be counted whole. */
  readonly bytesEstimated?: true;
  /** Only where `monitor.arguments` is on; secrets blanked. */
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
  /** Epoch ms, inclusive. */
  readonly since?: number;
  /** Epoch ms, exclusive. */
  readonly until?: number;
  /** At least 1. */
  readonly limit: number;
  /** As `next` of the page before. */
  readonly cursor?: string;
}

/** What is remembered of who asked. */
type Who = Pick<Caller, 'id' | 'tags' | 'session'>;

/** Who called what: the call that ended last comes first; bounded by age and number, with a share for each caller. */
export class RequestLog {
  /** Remembers each call that reaches a tool. */
  readonly policy: CallPolicy;
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
    this.policy = observing([this.ended], now);
  }

  /** A call that has reached a tool and ended. */
  readonly ended: Observer = (ended) => {
    this.#records.add(recordOf(ended, this.#keepArguments));
  };

  /** A call that never reached a tool: unknown, ambiguous, wrong arguments, full queue. */
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

  /** A page of what fits every filter; `next` where there is more. Fails with `INVALID_ARGUMENTS` on a foreign cursor. */
  query(query: RequestQuery): { readonly records: readonly RequestRecord[]; readonly next?: string } {
    return this.#records.page((record) => fits(record, query), query.limit, query.cursor);
  }
}

function recordOf({ call, context, at, durationMs, outcome, result }: EndedCall, keepArguments: boolean) {
  const sent = jsonSize(call.args);
  const received = result === undefined ? { bytes: 0, estimated: false } : jsonSize(result);
  const { caller } = context;
  // Written out, without spreading: this is done for every call.
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
    arguments: keepArguments ? shownArguments(call.args) : undefined,
  };
  return record;
}

function asked(who: Who, at: number) {
  return { id: randomUUID(), at, caller: who.id, tags: who.tags, session: sessionMark(who) };
}

const marks = new WeakMap<Who, string>();

/** Stands for a session in the log: its id may be what admits to it. */
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
