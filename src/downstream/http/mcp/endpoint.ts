import { Abort } from '../../../core/abort.ts';
import type { JsonObject } from '../../../core/json.ts';
import { ENVELOPE_VERSIONS, HANDSHAKE_VERSIONS } from '../../../core/protocol.ts';
import { type Batches, readMessage } from '../../protocol/json-rpc.ts';
import type { ModernHandler } from '../../protocol/modern-handler.ts';
import { envelopeVersion, initializeProblem } from '../../protocol/negotiation.ts';
import type { Admitted } from '../auth/admission.ts';
import { limitError } from '../request/call-limits.ts';
import type { EdgeParts } from '../request/edge-parts.ts';
import { type HeaderFields, jsonReply, type Reply, whenOver } from '../request/reply.ts';
import type { RequestGuard } from '../request/request-guard.ts';
import { INVALID_REQUEST, isRequest, readMessages, rpcFailure } from './read-messages.ts';
import type { Sessions } from './sessions.ts';
import { StreamableSession } from './streamable-session.ts';

const INVALID_PARAMS = -32_602;
/** Error code that SDK servers send with 404 for an unknown session: clients then begin a new one. */
const SESSION_NOT_FOUND = -32_001;
const SERVER_ERROR = -32_000;

/** `/mcp`: Streamable HTTP, with sessions up to 2025-11-25 and without from 2026-07-28 on. */
export class McpEndpoint {
  readonly #parts: EdgeParts;
  readonly #sessions: Sessions;
  readonly #guard: Pick<RequestGuard, 'takeRest'>;
  #modern: Promise<ModernHandler> | undefined;

  constructor(parts: EdgeParts, sessions: Sessions, guard: Pick<RequestGuard, 'takeRest'>) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#guard = guard;
  }

  /** Answers any POST. `request` makes the whole request, which only clients of 2026-07-28 need. */
  async post(
    headers: HeaderFields,
    text: string,
    admitted: Admitted,
    request: () => Request,
  ): Promise<Reply | Response> {
    const read = readPost(headers, text);
    if ('status' in read) return read;
    const { messages, isBatch } = read;
    const [first = {}] = messages;
    if (!isBatch && isModern(first, headers)) return this.#postModern(request(), first, admitted);
    if (headers.get('mcp-session-id') !== null) return this.#postInSession(read, headers, admitted);
    const problem = versionProblem(headers);
    if (problem) return refusal(400, problem, first.id);
    if (isBatch || first.method !== 'initialize') {
      return refusal(400, 'Bad Request: Mcp-Session-Id header is required; begin with initialize', first.id);
    }
    return this.#begin(first, admitted);
  }

  /** Answers a POST that names a session. */
  async postInSession(headers: HeaderFields, text: string, admitted: Admitted): Promise<Reply> {
    const read = readPost(headers, text);
    return 'status' in read ? read : this.#postInSession(read, headers, admitted);
  }

  #postInSession({ messages, isBatch }: Posted, headers: HeaderFields, admitted: Admitted): Reply | Promise<Reply> {
    const id = messages[0]?.id;
    const problem = versionProblem(headers);
    if (problem) return refusal(400, problem, id);
    if (this.#parts.isStopping() && messages.some(isRequest))
      return refusal(503, 'The gateway is stopping', id, { 'retry-after': '5' });
    const session = this.#session(headers.get('mcp-session-id') ?? '', admitted);
    const [hello] = messages.filter(({ method }) => method === 'initialize');
    if (session && hello) return refusal(400, 'Bad Request: the session has been initialized', id);
    // Clients send `initialize` again with the id of a session that has ended.
    if (!session) return hello && !isBatch ? this.#begin(hello, admitted) : unknownSession(id);
    return (
      (isBatch && this.#batchRefusal(messages.length, session.batches, admitted)) || session.post(messages, isBatch)
    );
  }

  /** The refusal of a batch, if any. 200 where the revision has no batches: a client that sends one there reads no status. */
  #batchRefusal(messages: number, batches: Batches, admitted: Admitted): Reply | undefined {
    const problem = batches.problem(messages);
    const status = batches.areAllowed ? 400 : 200;
    if (problem) return jsonReply(status, rpcFailure(INVALID_REQUEST, `Invalid request: ${problem}`));
    const limited = this.#guard.takeRest(admitted, messages);
    return limited && jsonReply(429, { jsonrpc: '2.0', id: null, error: limited.error }, limited.headers);
  }

  get(headers: HeaderFields, admitted: Admitted): Reply {
    if (!/text\/event-stream|\*\/\*/.test(headers.get('accept') ?? '')) {
      return refusal(406, 'Not Acceptable: Accept must hold text/event-stream');
    }
    const problem = versionProblem(headers);
    if (problem) return refusal(400, problem);
    const id = headers.get('mcp-session-id');
    if (id === null) return refusal(400, 'Bad Request: Mcp-Session-Id header is required');
    const session = this.#session(id, admitted);
    if (!session) return unknownSession();
    const lastEventId = headers.get('last-event-id') ?? undefined;
    return session.get(lastEventId) ?? refusal(400, 'Bad Request: no stream has that Last-Event-ID any more');
  }

  async delete(headers: HeaderFields, admitted: Admitted): Promise<Reply> {
    const id = headers.get('mcp-session-id');
    if (id === null) return refusal(400, 'Bad Request: Mcp-Session-Id header is required');
    if (!this.#session(id, admitted)) return unknownSession();
    await this.#sessions.end(id);
    return { status: 204, headers: {} };
  }

  async close(): Promise<void> {
    await (await this.#modern)?.close();
  }

  #session(id: string, admitted: Admitted): StreamableSession | undefined {
    const session = this.#sessions.find(id, 'streamable_http', admitted);
    return session instanceof StreamableSession ? session : undefined;
  }

  async #begin(initialize: JsonObject, admitted: Admitted): Promise<Reply> {
    const problem = initializeProblem((initialize.params ?? {}) as JsonObject);
    if (problem) return jsonReply(200, rpcFailure(INVALID_PARAMS, `Invalid initialize: ${problem}`, initialize.id));
    const session = this.#sessions.begin(
      'streamable_http',
      admitted,
      (id, caller, onUse) => new StreamableSession(id, this.#parts.openSession(caller), onUse),
    );
    if (session) return session.post([initialize], false);
    return refusal(503, 'There are as many sessions as there may be; try again later', initialize.id, {
      'retry-after': '30',
    });
  }

  async #postModern(request: Request, message: JsonObject, { caller }: Admitted): Promise<Response> {
    this.#modern ??= import('../../protocol/modern-handler.ts').then((own) => own.createModernHandler(this.#parts.log));
    const modern = await this.#modern;
    const { parts, end } = this.#parts.stateless(caller);
    if (message.method !== 'subscriptions/listen') return modern.fetch(request, message, parts);
    let done: () => void;
    try {
      done = this.#parts.begin(caller);
    } catch (error) {
      return Response.json({ jsonrpc: '2.0', id: message.id, error: limitError(error) }, { status: 429 });
    }
    const gone = new Abort();
    const over = () => {
      gone.abort('the client does not listen any more');
      end();
      done();
    };
    request.signal.addEventListener('abort', over, { once: true });
    parts.session.learn(readMessage(message));
    return whenOver(() => modern.listen(request, message, parts, gone), over);
  }
}

interface Posted {
  readonly messages: readonly JsonObject[];
  readonly isBatch: boolean;
}

/** The messages of a POST, or the refusal of a POST without any. */
function readPost(headers: HeaderFields, text: string): Posted | Reply {
  const type = headers.get('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) return refusal(415, 'Content-Type must be application/json');
  const read = readMessages(text);
  return 'error' in read ? jsonReply(400, read.error) : read;
}

/** True for a message of 2026-07-28, by its header or, without a session, by its own `_meta`. */
function isModern(message: JsonObject, headers: HeaderFields): boolean {
  if (ENVELOPE_VERSIONS.includes(headers.get('mcp-protocol-version') ?? '')) return true;
  return headers.get('mcp-session-id') === null && envelopeVersion(message) !== undefined;
}

function versionProblem(headers: HeaderFields): string | undefined {
  const version = headers.get('mcp-protocol-version');
  if (version === null || (HANDSHAKE_VERSIONS as readonly string[]).includes(version)) return undefined;
  return `Bad Request: unsupported MCP-Protocol-Version (supported: ${[...HANDSHAKE_VERSIONS, ...ENVELOPE_VERSIONS].join(', ')})`;
}

function unknownSession(id?: unknown): Reply {
  return jsonReply(404, rpcFailure(SESSION_NOT_FOUND, 'Session not found', id));
}

function refusal(status: number, message: string, id?: unknown, headers: Record<string, string> = {}): Reply {
  const code = status === 400 ? INVALID_REQUEST : SERVER_ERROR;
  return jsonReply(status, rpcFailure(code, message, id), headers);
}
