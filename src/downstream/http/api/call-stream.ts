import { Abort } from '../../../core/abort.ts';
import type { CallContext, ToolResult } from '../../../core/call.ts';
import { GatewayError } from '../../../core/errors.ts';
import { writtenAnswer } from '../../../core/unwritable.ts';
import type { Problem } from '../problem.ts';

/** A call whose progress is streamed. */
export interface StreamedCall {
  readonly call: (lifetime: Pick<CallContext, 'signal' | 'onProgress'>) => Promise<ToolResult>;
  readonly problemOf: (error: unknown) => Problem;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Silence after which a comment is sent, in ms. */
  readonly pingMs: number;
}

/** Bytes kept for a client that does not read; beyond it progress is left out, the result never. */
const MAX_UNREAD_BYTES = 1_048_576;

const HEADERS = {
  'content-type': 'text/event-stream',
  // nginx would keep events back.
  'x-accel-buffering': 'no',
};

/** Server-sent events: `progress` in order, then one `result` or `error`. A client that goes away ends the call. */
export function callStream(streamed: StreamedCall): Response {
  const gone = new Abort();
  const leave = () => gone.abort(new GatewayError('CANCELLED', 'the client has gone'));
  streamed.signal.addEventListener('abort', leave, { once: true });
  if (streamed.signal.aborted) leave();
  let isOpen = true;
  const start = (controller: ReadableStreamDefaultController<Uint8Array>) =>
    void forward(streamed, gone, { controller, isOpen: () => isOpen });
  const cancel = () => {
    isOpen = false;
    leave();
  };
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES });
  return new Response(new ReadableStream<Uint8Array>({ start, cancel }, strategy), { headers: HEADERS });
}

/** The stream as its source sees it; one that its reader has cancelled takes no more. */
interface Outlet {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly isOpen: () => boolean;
}

async function forward({ call, problemOf, pingMs }: StreamedCall, gone: Abort, outlet: Outlet): Promise<void> {
  const { controller, isOpen } = outlet;
  const encoder = new TextEncoder();
  const write = (text: string) => {
    pings.refresh();
    if (isOpen()) controller.enqueue(encoder.encode(text));
  };
  const writeIfRead = (text: string) => {
    if ((controller.desiredSize ?? 0) > 0) write(text);
  };
  const pings = setInterval(() => writeIfRead(': ping\n\n'), pingMs);
  // Brings the headers on their way.
  write(': open\n\n');
  try {
    const onProgress = (progress: object) => writeIfRead(event('progress', progress));
    write(event('result', await call({ signal: gone, onProgress })));
  } catch (error) {
    write(event('error', problemOf(error)));
  } finally {
    clearInterval(pings);
    if (isOpen()) controller.close();
  }
}

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${writtenAnswer(data)}\n\n`;
}
