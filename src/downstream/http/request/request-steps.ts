import { randomUUID } from 'node:crypto';
import type { LiveSettings } from '../../../config/settings.ts';
import { allowOrigin } from './cors.ts';
import { problem } from './problem.ts';
import { SECURITY_HEADERS, type TextReply } from './reply.ts';
import type { RequestContext } from './request-context.ts';
import type { RequestGuard } from './request-guard.ts';
import type { UnreadAnswers } from './unread-answers.ts';

/** One step of a request. It returns the answer that ends the request; undefined lets it go on. */
type Step = (context: RequestContext, services: StepServices) => TextReply | undefined | Promise<TextReply | undefined>;

export interface StepServices {
  readonly settings: () => LiveSettings;
  readonly guard: Pick<RequestGuard, 'checkAddress' | 'authorize'>;
  readonly unread: Pick<UnreadAnswers, 'of'>;
  readonly isStopping: () => boolean;
}

/**
 * All steps, in order. The fast path, the app and WebSocket upgrades run this list, so that a new step is one entry here.
 * Public routes (`/`, health, metadata of logins) are answered after the first part: probes and logins have no credentials.
 */
const STEPS = {
  everyRequest: [nameRequest, secureAnswer, checkAddress, answerOrigin, limitBody],
  callersOnly: [refuseWhileStopping, authorize, openAccount],
} as const satisfies Record<string, readonly Step[]>;

/** Endpoints whose path a challenge names: clients look for the metadata of logins under it. */
const CHALLENGED_PATHS = ['/mcp', '/sse'];

/** Runs the steps of requests. */
export class RequestSteps {
  readonly #services: StepServices;

  constructor(services: StepServices) {
    this.#services = services;
  }

  /** The steps of every request. Resolves with the answer where one of them ends the request. */
  enter(context: RequestContext): Promise<TextReply | undefined> {
    return this.#run(STEPS.everyRequest, context);
  }

  /** The further steps of requests to all but the public routes. Afterwards the context has its caller. */
  admit(context: RequestContext): Promise<TextReply | undefined> {
    return this.#run(STEPS.callersOnly, context);
  }

  async #run(steps: readonly Step[], context: RequestContext): Promise<TextReply | undefined> {
    for (const step of steps) {
      const result = step(context, this.#services);
      // Most steps return no promise: an `await` of each would cost a turn.
      const reply = result instanceof Promise ? await result : result;
      if (reply) return reply;
    }
    return undefined;
  }
}

function nameRequest(context: RequestContext): undefined {
  context.id = randomUUID();
  context.answerHeaders['x-request-id'] = context.id;
}

function secureAnswer({ answerHeaders }: RequestContext): undefined {
  Object.assign(answerHeaders, SECURITY_HEADERS);
}

/** A program of this process may leave `Host` out: it answers for its requests. No request over a socket may. */
function checkAddress({ headers, isInProcess }: RequestContext, { guard }: StepServices): TextReply | undefined {
  if (isInProcess && headers.get('host') === null) return undefined;
  return guard.checkAddress(headers);
}

function answerOrigin(context: RequestContext, { settings }: StepServices): TextReply | undefined {
  const origin = context.headers.get('origin');
  return origin === null ? undefined : allowOrigin(context, origin, settings().corsOrigins);
}

/** Refuses a body that is declared too long. A body without a declared length is bounded where it is read. */
function limitBody({ headers }: RequestContext, { settings }: StepServices): TextReply | undefined {
  const { maxBodyBytes } = settings().http;
  return Number(headers.get('content-length')) > maxBodyBytes ? bodyTooLong(maxBodyBytes) : undefined;
}

export function bodyTooLong(maxBytes: number): TextReply {
  const detail = `the body is longer than ${maxBytes} bytes, the limit of http.maxBodyBytes`;
  return problem(413, { title: 'Body too long', detail, code: 'CONTENT_TOO_LARGE' }, { connection: 'close' });
}

/** Lets requests of sessions pass, so that running calls can end: the endpoints of sessions refuse new calls. */
function refuseWhileStopping({ isOfSession }: RequestContext, { isStopping }: StepServices): TextReply | undefined {
  if (!isStopping() || isOfSession) return undefined;
  const text = { title: 'Stopping', detail: 'the gateway is stopping', code: 'SERVICE_UNAVAILABLE' };
  return problem(503, text, { 'retry-after': '5', connection: 'close' });
}

async function authorize(context: RequestContext, { guard, settings }: StepServices): Promise<TextReply | undefined> {
  const decision = await guard.authorize(context.headers, () => ({
    publicUrl: context.publicUrl(settings().http.publicUrl),
    path: CHALLENGED_PATHS.includes(context.path) ? context.path : '',
  }));
  if ('refusal' in decision) return decision.refusal;
  context.admitted = decision.admitted;
  Object.assign(context.answerHeaders, decision.headers);
  return undefined;
}

/** Gives the request the account of its caller, which counts the unread bytes of answers. */
function openAccount(context: RequestContext, { unread }: StepServices): undefined {
  context.account = unread.of(context.admitted.caller.id);
}
