/**
 * What answers a request, and a call when it is over: at once, unless the answer is a stream of events; then when that has
 * ended, or its reader has gone. `over` may be called more than once.
 */
export async function whenOver(answer: () => Response | Promise<Response>, over: () => void): Promise<Response> {
  try {
    const response = await answer();
    const { body, status, statusText, headers } = response;
    if (body && headers.get('content-type')?.startsWith('text/event-stream'))
      return new Response(watched(body, over), { status, statusText, headers });
    over();
    return response;
  } catch (error) {
    over();
    throw error;
  }
}

/** Nothing is taken of it before somebody reads: whoever writes sees what is unread. */
function watched(body: ReadableStream<Uint8Array>, over: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    try {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      over();
      controller.close();
    } catch (error) {
      over();
      throw error;
    }
  };
  const cancel = (reason: unknown) => {
    over();
    return reader.cancel(reason);
  };
  return new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 });
}
