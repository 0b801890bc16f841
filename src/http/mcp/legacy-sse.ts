import { writeJson } from '../../core/exact-json.ts';
import type { Admitted } from '../auth/admission.ts';
import type { EdgeParts } from '../edge-parts.ts';
import { responseOf, streamReply } from '../reply.ts';
import type { Sessions } from '../sessions.ts';
import { ChannelSession } from './channel-session.ts';
import { EventStream } from './event-stream.ts';

/** Where clients of 2024-11-05 post what they have to say; the first event of their stream names it. */
export const MESSAGES_PATH = '/messages';

/** `GET /sse`: a stream to a client of the transport that Streamable HTTP has replaced. */
export function openLegacyStream(parts: EdgeParts, sessions: Sessions, admitted: Admitted): Response {
  let sessionId = '';
  const stream = new EventStream(() => void sessions.end(sessionId));
  const session = sessions.begin('sse', admitted, (id, caller) => {
    const send = (message: object) => stream.send({ event: 'message', data: writeJson(message) });
    const { isStopping } = parts;
    return new ChannelSession(id, parts.openSession(caller), { send, hangUp: () => stream.close(), isStopping });
  });
  if (!session) {
    stream.close();
    return new Response(null, { status: 503, headers: { 'retry-after': '30' } });
  }
  sessionId = session.id;
  stream.send({ event: 'endpoint', data: `${MESSAGES_PATH}?sessionId=${session.id}` });
  return responseOf(streamReply(stream));
}

/** `POST /messages?sessionId=`: what such a client says. The answer comes over its stream. */
export async function receiveLegacy(request: Request, sessions: Sessions, admitted: Admitted): Promise<Response> {
  const id = new URL(request.url).searchParams.get('sessionId') ?? '';
  const session = sessions.find(id, 'sse', admitted);
  if (!(session instanceof ChannelSession)) return new Response('Session not found', { status: 404 });
  const problem = session.receive(await request.text());
  return problem ? Response.json(problem, { status: 400 }) : new Response('Accepted', { status: 202 });
}
