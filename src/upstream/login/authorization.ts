import type { HttpAnswer, HttpRequest } from '../../platform/outbound/http-answer.ts';

/** Sends a request to a server; see `Outbound.send`. */
export type SendRequest = (url: URL, request: HttpRequest) => Promise<HttpAnswer>;

/** Supplies the token of each HTTP request, and sends them. */
export interface Authorization {
  readonly send: SendRequest;
  /** The token for the next request; undefined: none. */
  token(): Promise<string | undefined>;
  /** Renews the token that a 401 refused. Rejects with `LoginNeeded` if only a person can help. */
  onUnauthorized(answer: HttpAnswer): Promise<void>;
}
