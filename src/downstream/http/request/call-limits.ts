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
 * Bounds what runs at one time over all callers: `http.maxCalls` calls to servers and `http.maxRequests` requests of
 * clients. Where `auth` admits several callers, none of them can take all places.
 */
export class CallLimits {
  readonly #settings: () => LiveSettings;
  readonly #calls: Places;
  readonly #requests: Places;

  /** Reads the settings at every call and request, so that a reload counts at once. */
  constructor(settings: () => LiveSettings) {
    this.#settings = settings;
    const isShared = () => letsSeveralIn(settings());
    this.#calls = new Places(() => settings().http.maxCalls, isShared);
    this.#requests = new Places(() => settings().http.maxRequests, isShared);
  }

  /** Number of calls that run. */
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
   * Takes a place for a request of that caller. Returns the function that frees it, which may be called more than once. Throws
   * `RATE_LIMITED` beyond `http.maxRequests`.
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

/** JSON-RPC error code for a request that may succeed later. */
const SERVER_ERROR = -32_000;

/** The JSON-RPC error for an error of `CallLimits.begin`. Throws any other error on. */
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
