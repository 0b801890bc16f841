import { unmarked } from '../../core/number-marks.ts';

/** A response that the SDK wrote, with the numbers of its marks. `hasMarks`: whether any was written, as is known by then. */
export async function exactResponse(response: Response, hasMarks: () => boolean): Promise<Response> {
  const { body, status, statusText, headers } = response;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream');
  if (!body || (!isStream && !hasMarks())) return response;
  const exact = isStream ? body.pipeThrough(exactFrames(hasMarks)) : unmarked(await response.text());
  return new Response(exact, { status, statusText, headers });
}

/** The SDK writes each event in one piece. */
function exactFrames(hasMarks: () => boolean): TransformStream<Uint8Array, Uint8Array> {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return new TransformStream({
    transform: (frame, controller) =>
      controller.enqueue(hasMarks() ? encoder.encode(unmarked(decoder.decode(frame))) : frame),
  });
}
