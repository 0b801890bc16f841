import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { Gateway } from '../../../src/gateway/gateway.ts';

/** Fields of a request in a test. */
export interface RestRequest {
  readonly method?: string;
  /** Sent as JSON, by POST unless `method` says otherwise. */
  readonly json?: unknown;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** Id of a caller of `callers`; absent: the request has no credentials. */
  readonly caller?: string;
}

/** The REST API of a gateway in this process. Paths are those under `/api/v1`. */
export class RestApi {
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Sends a request and resolves with its answer, past any socket. */
  request(path: string, { json, caller, headers = {}, ...rest }: RestRequest = {}): Promise<Response> {
    const sent = new Headers(headers);
    if (caller !== undefined) sent.set('x-api-key', keyOf(caller));
    if (json !== undefined) sent.set('content-type', 'application/json');
    const post = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) };
    return this.#gateway.fetch(new Request(`http://localhost/api/v1${path}`, { ...post, ...rest, headers: sent }));
  }

  /** Resolves with the JSON of an answer with that status; rejects for any other status. */
  async json<T extends JsonObject = JsonObject>(path: string, request?: RestRequest, status = 200): Promise<T> {
    const response = await this.request(path, request);
    const text = await response.text();
    if (response.status !== status) throw new Error(`${response.status} instead of ${status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Serves it on a socket too; resolves with the address of the API there. */
  async listen(): Promise<string> {
    await this.#gateway.start();
    return `${this.#gateway.url}/api/v1`;
  }
}

/** The API over these servers, once each has listed its tools or failed. The gateway ends with the test. */
export async function startRestApi(servers: Record<string, object> = {}, settings: object = {}): Promise<RestApi> {
  // A call that a test leaves running is not waited for.
  const own = { port: 0, http: { stopSeconds: 0.01 }, ...settings };
  const gateway = new Gateway({ $gateway: own, ...servers });
  onTestFinished(() => gateway.stop());
  await gateway.ready({ timeoutMs: 20_000 });
  return new RestApi(gateway);
}

/** Settings that let in one caller for each id, with those roles. */
export function callers(roles: Record<string, readonly string[]>): object {
  const apiKeys = Object.entries(roles).map(([id, own]) => ({ key: keyOf(id), id, roles: own }));
  return { auth: { strategy: 'api-key', apiKeys } };
}

function keyOf(caller: string): string {
  return `the-key-of-${caller}`;
}
