import type { JsonObject } from '../../../core/json.ts';
import { messageText } from '../../protocol/json-rpc.ts';
import type { Admitted } from '../auth/admission.ts';
import type { EdgeParts } from '../request/edge-parts.ts';
import { EventStream } from '../request/event-stream.ts';
import { jsonReply, type Reply, streamReply, type TextReply } from '../request/reply.ts';
import { MESSAGES_PATH } from '../request/request-context.ts';
import type { RateRefusal, RequestGuard } from '../request/request-guard.ts';
import { ChannelSession } from './channel-session.ts';
import type { Sessions } from './sessions.ts';

/** `/sse` and `/messages`: HTTP+SSE of 2024-11-05, which Streamable HTTP has replaced. */
export class LegacySse {
  readonly #edge: Pick<EdgeParts, 'openSession' | 'isStopping'>;
  readonly #sessions: Sessions;
  readonly #guard: Pick<RequestGuard, 'takeRest'>;

  constructor(
    edge: Pick<EdgeParts, 'openSession' | 'isStopping'>,
    sessions: Sessions,
    guard: Pick<RequestGuard, 'takeRest'>,
  ) {
    this.#edge = edge;
    this.#sessions = sessions;
    this.#guard = guard;
  }

  /** `GET /sse`: begins a session. Its first event names the address to post messages to. */
  open(admitted: Admitted): Reply {
    const { openSession, isStopping } = this.#edge;
    let sessionId = '';
    const stream = new EventStream(() => void this.#sessions.end(sessionId));
    const session = this.#sessions.begin('sse', admitted, (id, caller) => {
      const send = (message: JsonObject) => stream.send({ event: 'message', data: messageText(message) });
      return new ChannelSession(id, openSession(caller), { send, hangUp: () => stream.close(), isStopping });
    });
    if (!session) {
      stream.close();
      return { status: 503, headers: { 'retry-after': '30' } };
    }
    sessionId = session.id;
    stream.send({ event: 'endpoint', data: `${MESSAGES_PATH}?sessionId=${session.id}` });
    return streamReply(stream);
  }

  /** `POST /messages?sessionId=`: takes messages of a session. The answers go out over its stream. */
  receive(sessionId: string, text: string, admitted: Admitted): TextReply {
    const session = this.#sessions.find(sessionId, 'sse', admitted);
    if (!(session instanceof ChannelSession)) return plainText(404, 'Session not found');
    let limited: RateRefusal | undefined;
    const problem = session.receive(text, (messages) => {
      limited = this.#guard.takeRest(admitted, messages);
      return limited?.error;
    });
    return problem ? jsonReply(limited ? 429 : 400, problem, limited?.headers) : plainText(202, 'Accepted');
  }
}

function plainText(status: number, body: string): TextReply {
  return { status, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body };
}
