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
  /** As they are now. */
  readonly settings: () => LiveSettings;
  /** The address that the edge binds. */
  readonly host: () => string;
  readonly metrics: Pick<Metrics, 'limited' | 'unauthenticated'>;
  readonly log: Logger;
}

/** The base address that a client uses, and the path that challenges name: that of an endpoint, else empty. */
export interface Address {
  readonly publicUrl: string;
  readonly path: string;
}

/** A request that may come in, with headers for its answer; or the answer where it may not. */
type AccessDecision =
  | { readonly admitted: Admitted; readonly headers: Readonly<Record<string, string>> }
  | { readonly refusal: TextReply };

/** Messages of one request that came too often: the JSON-RPC error, and headers for the answer. */
export interface RateRefusal {
  readonly error: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}

/** What every request passes: the check of host and origin, authentication, and the rate limit. */
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

  /** The settings have changed. */
  reload(): void {
    const authSettings = this.#readAuthSettings();
    this.#hosts = this.#hostCheck();
    // Fetched keys of an issuer are kept as long as it is the same.
    if (authSettings !== this.#authSettings) this.#authenticator = this.#createAuthenticator();
    this.#authSettings = authSettings;
  }

  /** Checks `Host` and `Origin`. Returns the answer to a request with a wrong one; undefined lets it pass. */
  checkAddress(headers: HeaderFields): TextReply | undefined {
    const wrong = this.#hosts(headers);
    if (!wrong) return undefined;
    const code = wrong.status === 400 ? 'BAD_REQUEST' : 'FORBIDDEN';
    return problem(wrong.status, { title: 'Wrong host or origin', detail: wrong.detail, code });
  }

  /** Finds out the caller, and counts the request. `at` tells what a challenge is to name. */
  async authorize(headers: HeaderFields, at: () => Address): Promise<AccessDecision> {
    const admission = await this.#authenticator.authenticate(headers);
    if ('refused' in admission) return { refusal: this.#refuse(admission, at()) };
    const decision = this.#rates.take(admission.caller.id);
    if (!decision) return { admitted: admission, headers: {} };
    if (decision.allowed) return { admitted: admission, headers: rateLimitHeaders(decision) };
    return { refusal: this.#tooMany(decision) };
  }

  /** Counts the messages of one frame of a caller, all or none; the answer to them where they come too often. */
  takeMessages({ caller }: Admitted, messages: number): JsonObject | undefined {
    const decision = this.#rates.take(caller.id, undefined, messages);
    return decision && !decision.allowed ? this.#tooManyMessages(decision, messages) : undefined;
  }

  /** The same for a request that was counted as one message already; then none of it counts. */
  takeRest({ caller }: Admitted, messages: number): RateRefusal | undefined {
    const decision = messages > 1 ? this.#rates.take(caller.id, undefined, messages - 1) : undefined;
    if (!decision || decision.allowed) return undefined;
    this.#rates.giveBack(caller.id);
    return { error: this.#tooManyMessages(decision, messages), headers: rateLimitHeaders(decision) };
  }

  /** Whether a credential that was admitted would still be. */
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
