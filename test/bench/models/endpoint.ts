import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../../src/core/json.ts';
import { parseJsonObject } from '../../../src/core/json.ts';
import { chatCompletions } from './dialects/chat-completions.ts';
import type { ClientDialect } from './dialects/dialect.ts';
import { messages } from './dialects/messages.ts';

/** The two APIs by the end of their addresses. */
const DIALECTS: Readonly<Record<string, ClientDialect>> = {
  '/messages': messages,
  '/chat/completions': chatCompletions,
};
const ATTEMPTS = 6;
const FIRST_WAIT_MS = 1000;
/** No wait is longer, whatever the endpoint asks for. */
const MAX_WAIT_MS = 300_000;
const MAX_MESSAGE_CHARS = 300;

/**
 * What went wrong with the endpoint. `refused`: this request, and it would be again; `misconfigured`: every request;
 * `late`: no answer within the deadline of a turn; `failing`: everything else, after several attempts.
 */
export type EndpointFault = 'refused' | 'misconfigured' | 'late' | 'failing';

export class EndpointError extends Error {
  readonly fault: EndpointFault;

  constructor(fault: EndpointFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export interface EndpointSettings {
  readonly url: string;
  readonly key: string;
  readonly model: string;
  readonly turnMs: number;
  /** Further members of every request. */
  readonly extra: JsonObject;
}

/** The settings from `BENCH_MODEL_URL`, `BENCH_MODEL` and `BENCH_MODEL_KEY`; throws when the first two do not say enough. */
export function endpointFrom(env: NodeJS.ProcessEnv, rest: Pick<EndpointSettings, 'turnMs' | 'extra'>): Endpoint {
  const { BENCH_MODEL_URL: url = '', BENCH_MODEL: model = '', BENCH_MODEL_KEY: key = '' } = env;
  if (!url || !model) throw new Error('BENCH_MODEL_URL and BENCH_MODEL name the endpoint and its model; see --help');
  return new Endpoint({ url, key, model, ...rest });
}

/** A model behind one of the two APIs. */
export class Endpoint {
  readonly dialect: ClientDialect;
  readonly model: string;
  readonly extra: JsonObject;
  readonly #settings: EndpointSettings;

  constructor(settings: EndpointSettings) {
    const [, dialect] = Object.entries(DIALECTS).find(([end]) => pathOf(settings.url).endsWith(end)) ?? [];
    if (!dialect) throw new Error(`BENCH_MODEL_URL must end in ${Object.keys(DIALECTS).join(' or ')}`);
    this.dialect = dialect;
    this.model = settings.model;
    this.extra = settings.extra;
    this.#settings = settings;
  }

  /** The answer to one request. 429, 5xx and lost connections are tried again, after the time that the endpoint asks for. */
  async ask(body: JsonObject): Promise<JsonObject> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(JSON.stringify({ ...body, ...this.extra }));
      if ('answer' in outcome) return outcome.answer;
      if (attempt === ATTEMPTS) throw new EndpointError('failing', outcome.message);
      await sleep(Math.min(MAX_WAIT_MS, outcome.waitMs ?? FIRST_WAIT_MS * 2 ** (attempt - 1)));
    }
  }

  async #try(body: string): Promise<{ answer: JsonObject } | { message: string; waitMs?: number }> {
    const { url, key, turnMs } = this.#settings;
    const headers = { 'content-type': 'application/json', ...(key && this.dialect.headers(key)) };
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(turnMs) });
      const text = await response.text();
      const message = this.#withoutKey(`the endpoint answered ${response.status}: ${text.trim()}`);
      const { status } = response;
      if (status === 429 || status === 408 || status >= 500) return { message, ...waitIn(response.headers) };
      if ([401, 403, 404, 405].includes(status)) throw new EndpointError('misconfigured', message);
      if (!response.ok) throw new EndpointError('refused', message);
      const answer = parseJsonObject(text);
      return answer ? { answer } : { message };
    } catch (error) {
      if (error instanceof EndpointError) throw error;
      if (error instanceof Error && error.name === 'TimeoutError')
        throw new EndpointError('late', `no answer within ${turnMs / 1000} s`);
      return { message: this.#withoutKey(reasonOf(error)) };
    }
  }

  /** Endpoints repeat keys that they do not know. */
  #withoutKey(text: string): string {
    const { key } = this.#settings;
    return (key ? text.replaceAll(key, '[key]') : text).slice(0, MAX_MESSAGE_CHARS);
  }
}

/** `Retry-After` in seconds or as a date. */
function waitIn(headers: Headers): { waitMs?: number } {
  const value = headers.get('retry-after');
  if (value === null) return {};
  const waitMs = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(waitMs) ? {} : { waitMs: Math.max(0, waitMs) };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error instanceof Error ? error.message : error}${cause}`;
}

const pathOf = (url: string) => (URL.canParse(url) ? new URL(url).pathname : '');
