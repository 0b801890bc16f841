import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { causeOf } from '../../core/errors.ts';
import { ENVELOPE_VERSIONS } from '../../core/protocol.ts';
import type { Logger } from '../../platform/log.ts';
import type { McpEndpoint } from './mcp/endpoint.ts';
import { type HeaderFields, SECURITY_HEADERS, writeReply } from './reply.ts';
import type { Address, RequestGuard } from './request-guard.ts';
import type { UnreadAnswers } from './unread-answers.ts';

export interface ExpressParts {
  readonly gate: RequestGuard;
  readonly mcp: McpEndpoint;
  readonly maxBodyBytes: () => number;
  readonly publicUrl: (request: { readonly url: string }) => string;
  readonly unread: UnreadAnswers;
  readonly log: Logger;
}

const PATH = '/mcp';

/**
 * Answers what most requests are, a POST of a session that has begun, straight on the socket: to make a `Request` and a
 * `Response` of it takes four times as long as all the rest. It passes the same gate; whatever is special about a
 * request leaves it to the app.
 */
export class FastPath {
  readonly #parts: ExpressParts;

  constructor(parts: ExpressParts) {
    this.#parts = parts;
  }

  /** Whether it answers this request. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#isPlain(request)) return false;
    void this.#answer(request, response).catch((error: unknown) => {
      this.#parts.log.error('request failed inside the gateway', { error: causeOf(error) });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
    return true;
  }

  #isPlain({ method, url, headers }: IncomingMessage): boolean {
    if (method !== 'POST' || url !== PATH || headers.origin !== undefined) return false;
    if (headers['mcp-session-id'] === undefined || headers.host === undefined) return false;
    if (ENVELOPE_VERSIONS.includes(String(headers['mcp-protocol-version']))) return false;
    return Number(headers['content-length']) <= this.#parts.maxBodyBytes();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = fieldsOf(request);
    const more: Record<string, string> = { ...SECURITY_HEADERS, 'x-request-id': randomUUID() };
    const misaddressed = this.#parts.gate.misaddressed(headers);
    const passage = misaddressed
      ? { refusal: misaddressed }
      : await this.#parts.gate.admit(headers, () => this.#address(request));
    if ('refusal' in passage) return writeResponse(passage.refusal, more, response);
    const text = await bodyOf(request);
    if (text === undefined) return;
    const { mcp, unread } = this.#parts;
    const reply = await mcp.postInSession(headers, text, passage.admitted);
    writeReply(reply, { ...more, ...passage.headers }, response, unread.of(passage.admitted.caller.id));
  }

  #address({ headers }: IncomingMessage): Address {
    return { publicUrl: this.#parts.publicUrl({ url: `http://${headers.host}${PATH}` }), path: PATH };
  }
}

function fieldsOf({ headers }: IncomingMessage): HeaderFields {
  return {
    get: (name) => {
      const value = headers[name.toLowerCase()];
      return Array.isArray(value) ? value.join(', ') : (value ?? null);
    },
  };
}

/** The body as text; undefined when the client went away before its end. */
function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8')));
    request.on('close', () => resolve(undefined));
    request.on('error', () => resolve(undefined));
  });
}

async function writeResponse(
  refusal: Response,
  more: Readonly<Record<string, string>>,
  response: ServerResponse,
): Promise<void> {
  const body = await refusal.text();
  const length = Buffer.byteLength(body);
  response.writeHead(refusal.status, { ...more, ...Object.fromEntries(refusal.headers), 'content-length': length });
  response.end(body);
}
