import type { JsonObject } from '../../../core/json.ts';
import { messageText } from '../../protocol/json-rpc.ts';
import type { Admitted } from '../auth/admission.ts';
import type { EdgeParts } from '../edge-parts.ts';
import { responseOf, streamReply } from '../reply.ts';
import type { RateRefusal, RequestGuard } from '../request-guard.ts';
import type { Sessions } from '../sessions.ts';
import type { Account } from '../unread-answers.ts';
import { ChannelSession } from './channel-session.ts';
import { EventStream } from './event-stream.ts';

/** Where clients of 2024-11-05 post what they have to say; the first event of their stream names it. */
export const MESSAGES_PATH = '/messages';

/** `GET /sse`: a stream to a client of the transport that Streamable HTTP has replaced. */
export function openLegacyStream(parts: EdgeParts, sessions: Sessions, admitted: Admitted, account: Account): Response {
  let sessionId = '';
  const stream = new EventStream(() => void sessions.end(sessionId));
  const session = sessions.begin('sse', admitted, (id, caller) => {
    const send = (message: JsonObject) => stream.send({ event: 'message', data: messageText(message) });
    const { isStopping } = parts;
    return new ChannelSession(id, parts.openSession(caller), { send, hangUp: () => stream.close(), isStopping });
  });
  if (!session) {
    stream.close();
    return new Response(null, { status: 503, headers: { 'retry-after': '30' } });
  }
  sessionId = session.id;
  stream.send({ event: 'endpoint', data: `${MESSAGES_PATH}?sessionId=${session.id}` });
  return responseOf(streamReply(stream), account);
}

/** `POST /messages?sessionId=`: what such a client says. The answer comes over its stream. */
export async function receiveLegacy(
  request: Request,
  sessions: Sessions,
  admitted: Admitted,
  gate: Pick<RequestGuard, 'takeRest'>,
): Promise<Response> {
  const id = new URL(request.url).searchParams.get('sessionId') ?? '';
  const session = sessions.find(id, 'sse', admitted);
  if (!(session instanceof ChannelSession)) return new Response('Session not found', { status: 404 });
  let limited: RateRefusal | undefined;
  const problem = session.receive(await request.text(), (messages) => {
    limited = gate.takeRest(admitted, messages);
    return limited?.error;
  });
  if (!problem) return new Response('Accepted', { status: 202 });
  return Response.json(problem, { status: limited ? 429 : 400, ...(limited && { headers: limited.headers }) });
}
