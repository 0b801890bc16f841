import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { pipeTransport } from '../clients.ts';
import type { Entry } from '../fixture.ts';
import { type Gateway, launchGateway } from '../gateway.ts';
import { waitUntil } from '../processes.ts';
import type { Way } from './probe.ts';
import { type ClientKind, connectSession, type Session } from './session.ts';

/** A session without the gateway, closed with the test. */
export async function directly(
  kind: ClientKind,
  transport: Transport,
  events: Way['events'] = () => [],
  capabilities?: JsonObject,
): Promise<Way> {
  const session = await opened(connectSession(kind, transport, capabilities));
  return { session, events, call: (tool, args, options) => session.callTool(tool, args, options) };
}

/** A session with a gateway whose one server is `u`, once that server offers `tool`. */
export async function throughGateway(
  kind: ClientKind,
  entry: Entry,
  tool: string,
  events: Way['events'] = () => [],
  capabilities?: JsonObject,
): Promise<Way & { readonly gateway: Gateway }> {
  const gateway = launchGateway({ config: { u: entry } });
  const session = await opened(connectSession(kind, pipeTransport(gateway.process.peer), capabilities));
  const ready = async () => !(await session.callTool('describe', { id: `u::${tool}` })).isError;
  await waitUntil(ready, { what: `u::${tool} is known; log: ${gateway.process.tail()}` });
  const call: Way['call'] = (name, args, options) =>
    session.callTool('invoke', { id: `u::${name}`, args, ...options?.rest }, options);
  return { gateway, session, events, call };
}

/** The answer to a request of any method: its result, or its error as a value. */
export async function answerOf({ session }: Way, method: string, params: JsonObject): Promise<JsonObject> {
  try {
    return await session.request(method, params);
  } catch (error) {
    const { code, message, data } = error as Error & { code?: unknown; data?: unknown };
    return { code, message, data };
  }
}

async function opened(opening: Promise<Session>): Promise<Session> {
  const session = await opening;
  onTestFinished(() => session.close());
  return session;
}
