import type { LiveSettings } from '../../../config/settings.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Metrics } from '../../../observe/metrics.ts';
import type { Logger } from '../../../platform/log.ts';
import type { Admitted, Authenticator, Refusal } from '../auth/admission.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import { createHostCheck, type HostCheck } from '../auth/host-check.ts';
import { challengeFor } from '../auth/protected-resource.ts';
import { problem } from './problem.ts';
import { type RateDecision, RateLimit, rateLimitHeaders } from './rate-limit.ts';
import type { HeaderFields, TextReply } from './reply.ts';

interface GuardServices {
  /** The settings as they are now. */
  readonly settings: () => LiveSettings;
  /** The address that the edge binds. */
  readonly host: () => string;
  readonly metrics: Pick<Metrics, 'limited' | 'unauthenticated'>;
  readonly log: Logger;
}

/** The base address that a client uses, and the path for its challenge: that of an endpoint, else empty. */
export interface Address {
  readonly publicUrl: string;
  readonly path: string;
}

/** An admitted request, with headers for its answer; or the answer that refuses it. */
type AccessDecision =
  | { readonly admitted: Admitted; readonly headers: Readonly<Record<string, string>> }
  | { readonly refusal: TextReply };

/** Refusal of messages that came too often: the JSON-RPC error, and headers for the answer. */
export interface RateRefusal {
  readonly error: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}

/** Checks of every request: host and origin, authentication, and the rate limit. */
export class RequestGuard {
  readonly #services: GuardServices;
  readonly #rates: RateLimit;
  #hosts: HostCheck;
  #authenticator: Authenticator;
  #authSettings: string;

  constructor(services: GuardServices) {
    this.#services = services;
    this.#rates = new RateLimit(() => services.settings().rateLimit);
    this.#authSettings = this.#readAuthSettings();
    this.#hosts = this.#hostCheck();
    this.#authenticator = this.#createAuthenticator();
  }

  /** Called when the settings have changed. */
  reload(): void {
    const authSettings = this.#readAuthSettings();
    this.#hosts = this.#hostCheck();
    // An unchanged `auth` keeps its authenticator, and with it the fetched keys of the issuer.
    if (authSettings !== this.#authSettings) this.#authenticator = this.#createAuthenticator();
    this.#authSettings = authSettings;
  }

  /** Checks `Host` and `Origin`. Returns the answer that refuses a wrong one; undefined lets the request pass. */
  checkAddress(headers: HeaderFields): TextReply | undefined {
    const wrong = this.#hosts(headers);
    if (!wrong) return undefined;
    const code = wrong.status === 400 ? 'BAD_REQUEST' : 'FORBIDDEN';
    return problem(wrong.status, { title: 'Wrong host or origin', detail: wrong.detail, code });
  }

  /** Authenticates the caller, and counts the request. `at` returns the address for a challenge. */
  async authorize(headers: HeaderFields, at: () => Address): Promise<AccessDecision> {
    const admission = await this.#authenticator.authenticate(headers);
    if ('refused' in admission) return { refusal: this.#refuse(admission, at()) };
    const decision = this.#rates.take(admission.caller.id);
    if (!decision) return { admitted: admission, headers: {} };
    if (decision.allowed) return { admitted: admission, headers: rateLimitHeaders(decision) };
    return { refusal: this.#tooMany(decision) };
  }

  /** Counts all messages of one frame, or none. Returns the JSON-RPC error if they come too often. */
  takeMessages({ caller }: Admitted, messages: number): JsonObject | undefined {
    const decision = this.#rates.take(caller.id, undefined, messages);
    return decision && !decision.allowed ? this.#tooManyMessages(decision, messages) : undefined;
  }

  /** Counts the further messages of a request that was counted as one. A refused request counts as none. */
  takeRest({ caller }: Admitted, messages: number): RateRefusal | undefined {
    const decision = messages > 1 ? this.#rates.take(caller.id, undefined, messages - 1) : undefined;
    if (!decision || decision.allowed) return undefined;
    this.#rates.giveBack(caller.id);
    return { error: this.#tooManyMessages(decision, messages), headers: rateLimitHeaders(decision) };
  }

  /** True if a credential that was admitted would be admitted now. */
  stands(credential: string): boolean {
    return this.#authenticator.stands(credential);
  }

  #refuse(refused: Refusal, { publicUrl, path }: Address): TextReply {
    this.#services.metrics.unauthenticated(refused.reason);
    const challenge = challengeFor(refused, { auth: this.#services.settings().auth, publicUrl, path });
    const headers: Record<string, string> =
      challenge === undefined ? { 'retry-after': '5' } : { 'www-authenticate': challenge };
    const title = refused.refused === 401 ? 'Not authenticated' : 'Cannot authenticate now';
    const code = refused.refused === 401 ? 'UNAUTHENTICATED' : 'SERVICE_UNAVAILABLE';
    return problem(refused.refused, { title, detail: refused.description, code, reason: refused.reason }, headers);
  }

  #tooManyMessages({ limit, retryAfterSeconds }: RateDecision, messages: number): JsonObject {
    this.#services.metrics.limited();
    const cure = messages > limit ? 'send fewer at a time' : `try again in ${retryAfterSeconds} s`;
    const message = `Too many messages (limit ${limit}); ${cure}`;
    return { code: -32_000, message, data: { code: 'RATE_LIMITED', limit, retryAfterSeconds } };
  }

  #tooMany(decision: RateDecision): TextReply {
    this.#services.metrics.limited();
    const detail = `${decision.limit} requests are allowed within the window; try again in ${decision.retryAfterSeconds} s`;
    return problem(429, { title: 'Too many requests', detail, code: 'RATE_LIMITED' }, rateLimitHeaders(decision));
  }

  #readAuthSettings(): string {
    return JSON.stringify(this.#services.settings().auth ?? null);
  }

  #createAuthenticator(): Authenticator {
    return createAuthenticator(this.#services.settings().auth, { log: this.#services.log });
  }

  #hostCheck(): HostCheck {
    const { corsOrigins, http } = this.#services.settings();
    const host = this.#services.host();
    return createHostCheck({ host, corsOrigins, allowedHosts: http.allowedHosts, publicUrl: http.publicUrl });
  }
}
