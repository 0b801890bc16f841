import type { ToolResult } from '../../../src/core/call.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import type { CallOptions } from '../clients/clients.ts';
import type { Message } from '../clients/raw-peer.ts';
import type { JournalEvent } from '../servers/fixture.ts';
import type { Session } from './session.ts';

/** One way to a server: directly, or through the gateway. */
export interface Way {
  readonly session: Session;
  readonly events: (event?: string) => JournalEvent[];
  /** Calls a tool of the server. */
  readonly call: (tool: string, args: JsonObject, options?: CallOptions) => Promise<ToolResult>;
}

/** What a call gave its caller. */
export type Outcome = { readonly result: ToolResult } | { readonly error: JsonObject };

/** All that could be seen of one case: by the caller, on the client's wire, by its handlers, and by the server. */
export interface Observation {
  readonly outcome: unknown;
  /** Last answer on the wire, unparsed. */
  readonly wire: unknown;
  /** Notifications on the wire that belong to no progress token, in order. */
  readonly notifications: readonly unknown[];
  /** Progress on the wire, by token. */
  readonly progress: readonly (readonly unknown[])[];
  readonly asked: readonly unknown[];
  readonly journal: readonly unknown[];
}

/** What a call gave, as a value. */
export async function outcomeOf(call: Promise<ToolResult>): Promise<Outcome> {
  try {
    return { result: await call };
  } catch (error) {
    const { code, message, data } = error as Error & { code?: unknown; data?: unknown };
    return { error: { code, message, data } };
  }
}

/** Runs one case on one way and notes what it caused. */
export async function observe(way: Way, run: (way: Way) => Promise<unknown>): Promise<Observation> {
  const { received, asked } = way.session;
  const from = { received: received.length, asked: asked.length, events: way.events().length };
  const outcome = await run(way);
  const messages = received.slice(from.received);
  return {
    outcome: clean(outcome),
    wire: messages
      .filter(isFinalAnswer)
      .map(({ result, error }) => (error ? { error } : { result }))
      .at(-1),
    notifications: messages.filter(isNotification).map(({ method, params }) => ({ method, params: withoutId(params) })),
    progress: progressByToken(messages),
    asked: asked.slice(from.asked).map((each) => clean({ ...each })),
    journal: way.events().slice(from.events).filter(isOfACall).map(withoutIds),
  };
}

const isFinalAnswer = ({ id, method, result }: Message) =>
  id !== undefined && method === undefined && result?.resultType !== 'input_required';

const isNotification = ({ id, method }: Message) =>
  id === undefined && method !== undefined && method !== 'notifications/progress';

/** The id of a question belongs to the connection. */
function withoutId(params: JsonObject | undefined): JsonObject | undefined {
  if (!params?.requestId) return params;
  const { requestId: _, ...rest } = params;
  return rest;
}

/** The same with what came side by side in an order of its own. */
export function unordered(seen: Observation): Observation {
  const inOrder = <T>(values: readonly T[]) =>
    values.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  return {
    ...seen,
    progress: inOrder(seen.progress),
    asked: inOrder(seen.asked),
    journal: inOrder(seen.journal),
    wire: null,
  };
}

function progressByToken(messages: readonly Message[]): unknown[][] {
  const byToken = new Map<unknown, unknown[]>();
  for (const { method, params } of messages) {
    if (method !== 'notifications/progress') continue;
    const { progressToken, ...progress } = params ?? {};
    byToken.set(progressToken, [...(byToken.get(progressToken) ?? []), progress]);
  }
  return [...byToken.values()];
}

const isOfACall = ({ event }: JournalEvent) => !['start', 'list', 'initialize', 'stdin_end', 'exit'].includes(event);

/** Ids and tokens are each connection's own; whether there is a token is not. */
function withoutIds({ pid: _, id: __, ...event }: JournalEvent): JsonObject {
  if (!isJsonObject(event.meta)) return clean(event) as JsonObject;
  const { progressToken, ...meta } = event.meta;
  return clean({
    ...event,
    meta: { ...meta, ...(progressToken !== undefined && { progressToken: 'a token' }) },
  }) as JsonObject;
}

/** Members that are undefined do not exist on a wire. */
const clean = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
