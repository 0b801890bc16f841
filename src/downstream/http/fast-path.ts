import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LiveSettings } from '../../config/settings.ts';
import { ENVELOPE_VERSIONS } from '../../core/protocol.ts';
import type { Logger } from '../../platform/log.ts';
import type { McpEndpoint } from './mcp/endpoint.ts';
import { errorReply, problem } from './request/problem.ts';
import { writeReply } from './request/reply.ts';
import { fieldsOf, MCP_PATH, RequestContext } from './request/request-context.ts';
import type { RequestSteps } from './request/request-steps.ts';

export interface FastPathServices {
  readonly steps: RequestSteps;
  readonly mcp: McpEndpoint;
  readonly settings: () => LiveSettings;
  readonly log: Logger;
}

/**
 * Answers a POST of a session that has begun, which most requests are, straight on the socket: making a `Request` and a
 * `Response` takes four times as long as all the rest. It runs the same steps as the app, which answers all other requests.
 */
export class FastPath {
  readonly #services: FastPathServices;

  constructor(services: FastPathServices) {
    this.#services = services;
  }

  /** Answers the request and returns true if it is a POST of a session; false leaves it to the app. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#isPlain(request)) return false;
    void this.#answer(request, response);
    return true;
  }

  #isPlain({ method, url, headers }: IncomingMessage): boolean {
    if (method !== 'POST' || url !== MCP_PATH) return false;
    if (headers['mcp-session-id'] === undefined || headers.host === undefined) return false;
    if (ENVELOPE_VERSIONS.includes(String(headers['mcp-protocol-version']))) return false;
    // The app refuses a longer body, and reads a body of unknown length.
    return Number(headers['content-length']) <= this.#services.settings().http.maxBodyBytes;
  }

  /** Answers a request whose `Host` or address is malformed, so that the app cannot be asked. */
  refuse(request: IncomingMessage, response: ServerResponse): void {
    const context = new RequestContext({
      ...{ method: request.method ?? '', path: request.url ?? '' },
      ...{ headers: fieldsOf(request), url: 'http://localhost' },
    });
    void this.#respond(context, response, async () => {
      const refusal = (await this.#services.steps.enter(context)) ?? MALFORMED;
      writeReply(refusal, context.answerHeaders, response);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = `http://${request.headers.host}${MCP_PATH}`;
    const context = new RequestContext({ method: 'POST', path: MCP_PATH, headers: fieldsOf(request), url });
    await this.#respond(context, response, () => this.#serve(context, request, response));
  }

  /** Runs `answer`. What it throws becomes a problem document, as in the app. */
  async #respond(context: RequestContext, response: ServerResponse, answer: () => Promise<void>): Promise<void> {
    try {
      await answer();
    } catch (error) {
      const { id: requestId, method, path } = context;
      const reply = errorReply(this.#services.log, error, { requestId, method, path });
      if (response.headersSent) response.end();
      else writeReply(reply, context.answerHeaders, response);
    }
  }

  async #serve(context: RequestContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { steps, mcp } = this.#services;
    const refusal = (await steps.enter(context)) ?? (await steps.admit(context));
    if (refusal) return writeReply(refusal, context.answerHeaders, response);
    const text = await bodyOf(request);
    if (text === undefined) return;
    const reply = await mcp.postInSession(context.headers, text, context.admitted);
    writeReply(reply, context.answerHeaders, response, context.account);
  }
}

const MALFORMED = problem(400, {
  title: 'Bad request',
  detail: 'the address of the request is malformed',
  code: 'BAD_REQUEST',
});

/** The body as text; undefined if the client went away before its end. */
function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8')));
    request.on('close', () => resolve(undefined));
    request.on('error', () => resolve(undefined));
  });
}
