import type { JsonObject } from '../../../src/core/json.ts';
import { pipeTransport } from '../clients/clients.ts';
import { connectOver, type HttpClient, type HttpClientOptions, serveHttp } from '../clients/http-clients.ts';
import { type Entry, local } from '../servers/fixture.ts';
import { waitUntil } from '../system/processes.ts';
import { type Gateway, launchGateway } from './gateway.ts';

/** How a client reaches the gateway: over stdio or HTTP, by an SDK generation and era. */
export const WAYS = ['stdio v1', 'stdio v2', 'stdio v2-modern', 'http v1', 'http v2-modern'] as const;
export type WayName = (typeof WAYS)[number];

const inputSchema = { type: 'object' };

/** Tools that say of themselves what they do. */
export const DEFINITIONS = [
  { name: 'read_note', inputSchema, annotations: { readOnlyHint: true } },
  { name: 'add_note', inputSchema, annotations: { destructiveHint: false } },
  { name: 'delete_note', inputSchema },
];

/** A server that has these and `tools`. */
export function notes(
  tools: readonly string[] = ['echo', 'ask', 'sleep'],
  rest: object = {},
  entry: JsonObject = {},
): Entry {
  return local({ tools, definitions: DEFINITIONS, ...rest }, entry);
}

export interface PermissionsOptions extends HttpClientOptions {
  readonly entry?: Entry;
  readonly env?: Readonly<Record<string, string>>;
}

export interface PermissionsClient {
  readonly client: HttpClient;
  /** Over stdio only. */
  readonly gateway?: Gateway;
}

/** A gateway with those rules and one server `u`, and a client of it that can be asked unless said otherwise. */
export async function startWithPermissions(
  way: WayName,
  permissions: unknown,
  options: PermissionsOptions = {},
): Promise<PermissionsClient> {
  const [edge, kind] = way.split(' ') as [string, HttpClientOptions['kind']];
  const { entry = notes(), env = {}, ...asked } = options;
  const wanted = { kind, capabilities: { elicitation: {} }, ...asked };
  if (edge === 'http') {
    const { connect } = await serveHttp({ permissions }, { u: entry });
    return { client: await connect(wanted) };
  }
  const gateway = launchGateway({ config: { $gateway: { permissions }, u: entry }, env });
  const client = await connectOver(pipeTransport(gateway.process.peer), wanted);
  await waitUntil(async () =>
    JSON.stringify(await client.callTool('search', { filters: { server: 'u' } })).includes('u::'),
  );
  return { client, gateway };
}

/** A person who gives these answers one after the other, and the last of them from then on. */
export function person(...answers: readonly string[]): NonNullable<HttpClientOptions['answer']> {
  const left = [...answers];
  return () => {
    const answer = left.length > 1 ? left.shift() : left[0];
    return { action: 'accept', content: { answer: answer as string } };
  };
}

export const ONCE = 'once';
export const SESSION = 'for this session';
export const NO = 'no';
