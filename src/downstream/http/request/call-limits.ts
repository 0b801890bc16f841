import type { LiveSettings } from '../../../config/settings.ts';
import type { Caller, CallPolicy } from '../../../core/call.ts';
import { GatewayError } from '../../../core/errors.ts';
import { Places } from '../../../core/fair-shares.ts';
import type { JsonObject } from '../../../core/json.ts';
import { type RpcError, RpcFailure } from '../../../core/rpc.ts';
import { errorResult } from '../../protocol/error-result.ts';
import type { SessionServices } from '../../protocol/session-services.ts';
import { letsSeveralIn } from './access.ts';

/**
 * How much may run at one time over all callers: `http.maxCalls` calls to servers and `http.maxRequests` requests of
 * clients. Where several callers may come, none takes all places.
 */
export class CallLimits {
  readonly #settings: () => LiveSettings;
  readonly #calls: Places;
  readonly #requests: Places;

  /** The settings are read at every call and request: a reload counts at once. */
  constructor(settings: () => LiveSettings) {
    this.#settings = settings;
    const isShared = () => letsSeveralIn(settings());
    this.#calls = new Places(() => settings().http.maxCalls, isShared);
    this.#requests = new Places(() => settings().http.maxRequests, isShared);
  }

  /** Calls that are on their way to servers. */
  get runningCalls(): number {
    return this.#calls.taken;
  }

  /** Counts calls, and refuses one beyond `http.maxCalls`. */
  readonly policy: CallPolicy = (next) => async (call, context) => {
    const { id } = context.caller;
    if (!this.#calls.hasRoomFor(id)) throw tooManyCalls(this.#settings().http.maxCalls);
    const done = this.#calls.take(id);
    try {
      return await next(call, context);
    } finally {
      done();
    }
  };

  /**
   * Begins to answer a request of that caller. Returns what the answerer calls, once or more, when it has been answered.
   * Throws `RATE_LIMITED` beyond `http.maxRequests`.
   */
  begin({ id }: Caller): () => void {
    if (!this.#requests.hasRoomFor(id)) throw tooManyRequests(this.#settings().http.maxRequests);
    return this.#requests.take(id);
  }

  /**
   * Bounds the MCP requests of a caller's session. A refusal is a result of `tools/call`, which the model reads, and an
   * `RpcFailure` of every other method.
   */
  within(caller: Caller): NonNullable<SessionServices['within']> {
    return (method, answer) => this.#answerWithin(caller, method, answer);
  }

  async #answerWithin(caller: Caller, method: string, answer: () => Promise<JsonObject>): Promise<JsonObject> {
    let done: () => void;
    try {
      done = this.begin(caller);
    } catch (error) {
      if (method === 'tools/call') return errorResult(error);
      throw new RpcFailure(limitError(error));
    }
    try {
      return await answer();
    } finally {
      done();
    }
  }
}

/** As servers refuse what they will take later. */
const SERVER_ERROR = -32_000;

/** The JSON-RPC error for what `CallLimits.begin` has thrown. */
export function limitError(error: unknown): RpcError {
  if (!(error instanceof GatewayError)) throw error;
  return { code: SERVER_ERROR, message: error.message, data: { ...error.details, code: error.code } };
}

function tooManyCalls(maxCalls: number): GatewayError {
  const message = `too many calls of yours run already (limit: http.maxCalls, ${maxCalls} for all callers): try again when one has ended`;
  return new GatewayError('RATE_LIMITED', message, { details: { maxCalls } });
}

function tooManyRequests(maxRequests: number): GatewayError {
  const message = `too many requests of yours are being answered already (limit: http.maxRequests, ${maxRequests} for all callers): try again when one has been answered`;
  return new GatewayError('RATE_LIMITED', message, { details: { maxRequests } });
}
