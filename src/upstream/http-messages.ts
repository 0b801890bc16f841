import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** The media type of a body, without parameters. */
export function mediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Whether a response is an event stream, in whatever letters, and if a proxy says so twice. */
export function isEventStream(response: Response): boolean {
  return response.headers.get('content-type')?.toLowerCase().includes('text/event-stream') === true;
}

/** Whether a text is an event stream, whatever its content type says. */
export function looksLikeEvents(text: string): boolean {
  return /^\uFEFF?(?:data|event|id|retry)?:/.test(text);
}

export interface EventHandlers {
  readonly onEvent: (event: EventSourceMessage) => void;
  /** The server says how long to wait before a stream is opened again, in ms. */
  readonly onRetry?: (ms: number) => void;
}

/** Reads an event stream to its end. Rejects when it breaks off. */
export async function readEvents(body: ReadableStream<Uint8Array> | null, handlers: EventHandlers): Promise<void> {
  const parser = createParser(handlers);
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
  // Some servers end their stream without the empty line that ends an event.
  parser.feed('\n\n');
}

export function eventsIn(text: string, handlers: EventHandlers): void {
  createParser(handlers).feed(`${text}\n\n`);
}
