import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { KeptJob } from '../downstream/local/messages.ts';
import { errorResult } from '../downstream/protocol/error-result.ts';

type RequestId = string | number;

interface Entry {
  readonly id: RequestId;
  readonly message: JsonObject;
  /** Number of daemons to which it was sent. */
  given: number;
  /** True if it was not sent to a daemon that still runs. */
  isWaiting: boolean;
  /** True if it must not be repeated: it may have reached a server that must not get it twice. */
  isSpent: boolean;
  isAnswered: boolean;
  jobId?: string;
}

/** Outcome of a session's requests whose daemon has died. */
interface Aftermath {
  /** Error answers for the client, to the requests that are not repeated. */
  readonly answers: readonly JsonObject[];
  readonly jobs: readonly KeptJob[];
}

/** JSON-RPC error code of a request whose connection ended. */
const CONNECTION_CLOSED = -32_000;
/** Jobs kept, at most; the oldest is dropped first. */
const MAX_JOBS = 1_000;
const DIED = 'the shared gateway ended unexpectedly, and another one has taken its place';

/** A client's requests that have no answer, and its jobs that have not ended: what must outlive the daemon. */
export class PendingRequests {
  /** In the order in which they came. No `BoundedMap`: only the jobs are bounded, and requests without an answer stay. */
  #entries: Entry[] = [];

  /** Adds a request of the client. */
  take(message: JsonObject, id: RequestId): void {
    this.#entries.push({ id, message, given: 0, isWaiting: true, isSpent: false, isAnswered: false });
  }

  /** Marks a request as sent to a daemon. */
  given(id: RequestId): void {
    const entry = this.#entries.find((each) => each.id === id && !each.isAnswered);
    if (!entry) return;
    entry.given++;
    entry.isWaiting = false;
  }

  /** Marks a request as answered, or as cancelled by the client. */
  answered(id: RequestId): void {
    const entry = this.#entries.find((each) => each.id === id && !each.isAnswered);
    if (!entry) return;
    entry.isAnswered = true;
    if (entry.jobId === undefined) this.#forget(entry);
  }

  has(id: unknown): boolean {
    return this.#entries.some((each) => each.id === id && !each.isAnswered);
  }

  sending(id: RequestId): void {
    for (const entry of this.#entries) if (entry.id === id) entry.isSpent = true;
  }

  becameJob(id: RequestId, jobId: string): void {
    const entry = this.#entries.findLast((each) => each.id === id);
    if (entry) entry.jobId = jobId;
    const jobs = this.#entries.filter((each) => each.isAnswered);
    if (jobs.length > MAX_JOBS && jobs[0]) this.#forget(jobs[0]);
  }

  /** Marks a job as ended: its result is lost with its daemon, so it must not be repeated. */
  jobEnded(jobId: string): void {
    for (const entry of this.#entries) if (entry.jobId === jobId) entry.isSpent = true;
  }

  /** Requests for the next daemon, in the order in which they came. */
  waiting(): readonly JsonObject[] {
    return this.#entries.filter(({ isWaiting }) => isWaiting).map(({ message }) => message);
  }

  /** Called when the daemon has died: the requests that can be repeated wait for the next one. */
  lost(): Aftermath {
    // A request is repeated once only: it may have caused the daemon's death.
    const isGivenUp = (entry: Entry) => !entry.isAnswered && (entry.isSpent || entry.given > 1);
    const answers = this.#entries.filter(isGivenUp).map(givenUp);
    this.#entries = this.#entries.filter((entry) => !isGivenUp(entry));
    for (const entry of this.#entries) {
      if (entry.isAnswered) continue;
      entry.isWaiting = true;
      delete entry.jobId;
    }
    return { answers, jobs: this.#entries.flatMap(keptJob) };
  }

  #forget(entry: Entry): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
  }
}

/** The error answer to a request that is not repeated, as to a call whose server crashed. */
function givenUp({ id, message, isSpent }: Entry): JsonObject {
  const effect = isSpent
    ? 'the call had been sent and may have taken effect: look before you call again'
    : 'that one ended on this request too, which had no effect';
  const text = `${nameOf(message)}${DIED}; ${effect}`;
  if (message.method !== 'tools/call') return { jsonrpc: '2.0', id, error: { code: CONNECTION_CLOSED, message: text } };
  const error = new GatewayError('UPSTREAM_UNAVAILABLE', `${text}.`, { details: { sent: isSpent } });
  return { jsonrpc: '2.0', id, result: errorResult(error) };
}

function nameOf(message: JsonObject): string {
  const { id } = inputOf(message);
  return typeof id === 'string' ? `${id}: ` : '';
}

function keptJob({ jobId, message, isSpent }: Entry): KeptJob[] {
  if (jobId === undefined) return [];
  return [{ jobId, tool: String(inputOf(message).id), ...(!isSpent && { request: message }) }];
}

/** The input of a meta-tool. */
function inputOf({ params }: JsonObject): JsonObject {
  const input = isJsonObject(params) ? params.arguments : undefined;
  return isJsonObject(input) ? input : {};
}

/**
 * A client's messages that set up its session (handshake, log level, subscriptions): the next daemon is sent them
 * again.
 */
export class HandshakeReplay {
  /** By method, or by URI for subscriptions; a later message replaces an earlier one. */
  readonly #messages = new Map<string, JsonObject>();

  /** Records a message of the client, if it sets up the session. */
  observe(message: JsonObject): void {
    const { method } = message;
    const uri = isJsonObject(message.params) ? message.params.uri : undefined;
    if (method === 'initialize' || method === 'notifications/initialized' || method === 'logging/setLevel')
      this.#messages.set(method, message);
    else if (method === 'resources/subscribe') this.#messages.set(`follow ${uri}`, message);
    else if (method === 'resources/unsubscribe') this.#messages.delete(`follow ${uri}`);
  }

  /** The recorded messages, in the order in which they were first sent. */
  get messages(): readonly JsonObject[] {
    return [...this.#messages.values()];
  }
}
