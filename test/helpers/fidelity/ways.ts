import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { onTestFinished } from 'vitest';
import type { ToolResult } from '../../../src/core/call.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { type CallOptions, pipeTransport } from '../clients/clients.ts';
import { directTransport } from '../clients/transports.ts';
import { type Gateway, launchGateway } from '../gateway/gateway.ts';
import { startHttpGateway } from '../gateway/http-gateway.ts';
import { SharedHome } from '../gateway/shared-sessions.ts';
import type { Entry, NetworkTransport } from '../servers/fixture.ts';
import { waitUntil } from '../system/processes.ts';
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
  return { gateway, session, events, call: (name, args, options) => invoke(session, name, args, options) };
}

/** The same through the daemon that sessions share. */
export async function throughDaemon(
  kind: ClientKind,
  entry: Entry,
  tool: string,
  events: Way['events'] = () => [],
): Promise<Way> {
  const home = new SharedHome({ u: entry });
  const session = await opened(connectSession(kind, pipeTransport(home.start().peer)));
  const ready = async () => !(await session.callTool('describe', { id: `u::${tool}` })).isError;
  await waitUntil(ready, { what: `u::${tool} is known; log: ${home.log()}` });
  return { session, events, call: (name, args, options) => invoke(session, name, args, options) };
}

/** The same through the HTTP edge of a gateway, over that transport of it. */
export async function throughEdge(
  transport: NetworkTransport,
  kind: ClientKind,
  entry: Entry,
  tool: string,
  events: Way['events'] = () => [],
): Promise<Way> {
  const { address, tail } = await startHttpGateway({ servers: [{ id: 'u', ...entry }] });
  const url = { http: `${address}/mcp`, sse: `${address}/sse`, ws: `${address.replace('http', 'ws')}/ws` }[transport];
  const far = directTransport({ type: 'remote', url }, transport, kind === 'v1' ? 'v1' : 'v2');
  const session = await opened(connectSession(kind, far));
  const ready = async () => !(await session.callTool('describe', { id: `u::${tool}` })).isError;
  await waitUntil(ready, { what: `u::${tool} is known; log: ${tail()}` });
  return { session, events, call: (name, args, options) => invoke(session, name, args, options) };
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

function invoke(session: Session, tool: string, args: JsonObject, options?: CallOptions): Promise<ToolResult> {
  return session.callTool('invoke', { id: `u::${tool}`, args, ...options?.rest }, options);
}

async function opened(opening: Promise<Session>): Promise<Session> {
  const session = await opening;
  onTestFinished(() => session.close());
  return session;
}
