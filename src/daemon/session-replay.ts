import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { KeptJob } from '../downstream/local/messages.ts';
import { errorResult } from '../downstream/protocol/error-result.ts';

type RequestId = string | number;

interface Entry {
  readonly id: RequestId;
  readonly message: JsonObject;
  /** To how many daemons it was given. */
  given: number;
  /** No daemon that lives was given it. */
  isWaiting: boolean;
  /** It must not be made again: it may have reached a server that must not get it twice. */
  isSpent: boolean;
  isAnswered: boolean;
  jobId?: string;
}

/** What becomes of a session's requests when its daemon has died. */
interface Aftermath {
  /** For the client: to requests that are given up. */
  readonly answers: readonly JsonObject[];
  readonly jobs: readonly KeptJob[];
}

/** JSON-RPC code of a request that ended with its connection. */
const CONNECTION_CLOSED = -32_000;
/** Jobs remembered at most, the oldest forgotten first. */
const MAX_JOBS = 1_000;
const DIED = 'the shared gateway ended unexpectedly, and another one has taken its place';

/** A client's requests that have no answer, and its jobs that have not ended: what must outlive the daemon. */
export class Unanswered {
  /** In the order in which they came. No `BoundedMap`: only the jobs are bounded, and requests without an answer stay. */
  #entries: Entry[] = [];

  /** A request of the client. */
  take(message: JsonObject, id: RequestId): void {
    this.#entries.push({ id, message, given: 0, isWaiting: true, isSpent: false, isAnswered: false });
  }

  /** It is on its way to a daemon. */
  given(id: RequestId): void {
    const entry = this.#entries.find((each) => each.id === id && !each.isAnswered);
    if (!entry) return;
    entry.given++;
    entry.isWaiting = false;
  }

  /** The client has its answer, or wants none any more. */
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

  /** Its result is with that daemon, and lost with it. */
  jobEnded(jobId: string): void {
    for (const entry of this.#entries) if (entry.jobId === jobId) entry.isSpent = true;
  }

  /** Requests for the next daemon, in the order in which they came. */
  waiting(): readonly JsonObject[] {
    return this.#entries.filter(({ isWaiting }) => isWaiting).map(({ message }) => message);
  }

  /** The daemon has died: what can be made again waits for the next one. */
  lost(): Aftermath {
    // Once more and not again: it may be the request that the daemon died of.
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

/** The answer to a request that cannot be made again: what is known of it, as of a call to a server that crashed. */
function givenUp({ id, message, isSpent }: Entry): JsonObject {
  const fate = isSpent
    ? 'the call had been sent and may have taken effect: look before you call again'
    : 'that one ended on this request too, which had no effect';
  const text = `${nameOf(message)}${DIED}; ${fate}`;
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

/** What a client has said of itself and asked to be told: a daemon that comes to serve it in the middle is told it again. */
export class Introduction {
  /** By what they are about; a later one takes the place of an earlier one. */
  readonly #said = new Map<string, JsonObject>();

  /** Takes note of a message of the client. */
  observe(message: JsonObject): void {
    const { method } = message;
    const uri = isJsonObject(message.params) ? message.params.uri : undefined;
    if (method === 'initialize' || method === 'notifications/initialized' || method === 'logging/setLevel')
      this.#said.set(method, message);
    else if (method === 'resources/subscribe') this.#said.set(`follow ${uri}`, message);
    else if (method === 'resources/unsubscribe') this.#said.delete(`follow ${uri}`);
  }

  /** These messages, in the order in which they were first said. */
  get messages(): readonly JsonObject[] {
    return [...this.#said.values()];
  }
}
