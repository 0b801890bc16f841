import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
  type McpSubscription,
} from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  type JSONRPCMessage,
  ListRootsRequestSchema,
  ResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { loadConfig } from '../../../src/config/load.ts';
import type { ToolResult } from '../../../src/core/call.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { Gateway } from '../../../src/gateway/gateway.ts';
import { createLogger } from '../../../src/platform/log.ts';
import { temporaryDirectory } from '../servers/fixture.ts';
import { type CallOptions, MODERN_REVISION, metaOf, requestOptions } from './clients.ts';
import type { Message } from './raw-peer.ts';
import { jsonOf } from './results.ts';

/** The SDK generation and era of a client, and how it reaches the gateway. */
export type HttpClientKind = 'v1' | 'v1-sse' | 'v1-ws' | 'v2' | 'v2-modern';

export interface HttpClientOptions {
  readonly kind?: HttpClientKind;
  readonly key?: string;
  readonly capabilities?: JsonObject;
  /** Answers the questions of servers; absent: an elicitation is declined, anything else is an error. */
  readonly answer?: (method: string, params: JsonObject) => JsonObject | Promise<JsonObject>;
}

/** A client of the gateway over a socket, with all that has come to it. */
export interface HttpClient {
  /** Of Streamable HTTP up to 2025-11-25. */
  readonly sessionId: string | undefined;
  /** In wire order, before the SDK has parsed it. */
  readonly received: Message[];
  /** Messages of the questions that it was asked, or their method where they have none. */
  readonly asked: string[];
  /** How often a notification of that method has come. */
  heard(method: string): number;
  /** Calls a meta-tool. */
  callTool(name: string, args: JsonObject, options?: CallOptions): Promise<ToolResult>;
  /** Calls a tool of a server; `rest` are further params of `invoke`. */
  invoke(id: string, args?: JsonObject, options?: CallOptions): Promise<ToolResult>;
  request(method: string, params: JsonObject): Promise<JsonObject>;
  notify(method: string): Promise<void>;
  /** `subscriptions/listen` of 2026-07-28. */
  listen(filter: JsonObject): Promise<McpSubscription>;
  /** Goes without a word, as a program that ends. */
  drop(): Promise<void>;
  /** Says that the session is over (`DELETE`), and goes. */
  end(): Promise<void>;
}

/** A gateway in this process, on a port of its own. */
export interface LocalGateway {
  readonly gateway: Gateway;
  readonly address: string;
  readonly logged: JsonObject[];
  /** Of its configuration file. */
  readonly path: string;
  /** Writes the file anew; it is followed. */
  write(config: object): void;
  connect(options?: HttpClientOptions): Promise<HttpClient>;
}

/** Serves settings and servers (`{servers: [...]}` or an object of entries by key) until the test has finished. */
export async function serveHttp(config: object, entries: JsonObject = {}): Promise<LocalGateway> {
  const directory = temporaryDirectory();
  const file = join(directory, 'mcp-gateway.json');
  const write = (settings: object) => writeFileSync(file, JSON.stringify(withServers(settings, entries)));
  write(config);
  const logged: JsonObject[] = [];
  const log = createLogger((line) => logged.push(JSON.parse(line) as JsonObject));
  const gateway = new Gateway(await loadConfig(file, {}), { log });
  onTestFinished(() => gateway.stop());
  await gateway.start();
  gateway.watch();
  await gateway.settled(20_000);
  const address = gateway.url as string;
  return { gateway, address, logged, path: file, write, connect: (options) => connectHttp(address, options) };
}

function withServers(settings: object, entries: JsonObject): object {
  const servers = Object.entries(entries).map(([id, entry]) => ({ id, ...(entry as JsonObject) }));
  return { port: 0, auth: { strategy: 'none' }, servers, ...settings };
}

/** Connects a client to a gateway; it goes with the test. */
export function connectHttp(address: string, options: HttpClientOptions = {}): Promise<HttpClient> {
  return connectOver(transportOf(options.kind ?? 'v1', address, options.key), options);
}

/** The same over any transport. */
export async function connectOver(transport: Transport, options: HttpClientOptions = {}): Promise<HttpClient> {
  const { kind = 'v1' } = options;
  const received: Message[] = [];
  // Both SDK generations call what was there before they set their own.
  transport.onmessage = (message) => received.push(message as Message);
  const asked: string[] = [];
  const answer = async (method: string, params: JsonObject) => {
    asked.push(String(params.message ?? method));
    return (await options.answer?.(method, params)) ?? { action: 'decline' };
  };
  const client =
    kind === 'v1' || kind === 'v1-sse' || kind === 'v1-ws'
      ? await connectV1(transport, options.capabilities ?? {}, answer)
      : await connectV2(transport, options.capabilities ?? {}, answer, kind === 'v2-modern');
  onTestFinished(() => client.close().catch(() => {}));
  return {
    get sessionId() {
      return (transport as { sessionId?: string }).sessionId;
    },
    received,
    asked,
    heard: (method) => received.filter((message) => message.method === method).length,
    callTool: client.callTool,
    invoke: (id, args = {}, rest = {}) => client.callTool('invoke', { id, args, ...rest.rest }, rest),
    request: client.request,
    notify: client.notify,
    listen: client.listen,
    drop: client.close,
    end: async () => {
      await (transport as { terminateSession?: () => Promise<void> }).terminateSession?.();
      await client.close();
    },
  };
}

/** A job that the client has begun: its id. */
export async function beginJob(client: HttpClient, id: string, args: JsonObject): Promise<string> {
  return jsonOf<{ jobId: string }>(await client.callTool('invoke_async', { id, args })).jobId;
}

type Answering = (method: string, params: JsonObject) => Promise<JsonObject>;
type Driver = Pick<HttpClient, 'callTool' | 'request' | 'notify' | 'listen'> & { close(): Promise<void> };

const CLIENT = { name: 'http-client', version: '1.0.0' };

async function connectV1(transport: Transport, capabilities: JsonObject, answer: Answering): Promise<Driver> {
  const client = new ClientV1(CLIENT, { capabilities });
  const on = async ({ method, params }: { method: string; params?: unknown }) =>
    (await answer(method, (params ?? {}) as JsonObject)) as never;
  if (capabilities.sampling) client.setRequestHandler(CreateMessageRequestSchema, on);
  if (capabilities.elicitation) client.setRequestHandler(ElicitRequestSchema, on);
  if (capabilities.roots) client.setRequestHandler(ListRootsRequestSchema, on);
  await client.connect(transport);
  return {
    callTool: (name, args, options = {}) =>
      client.callTool({ name, arguments: args, ...metaOf(options) }, undefined, requestOptions(options)),
    request: (method, params) => client.request({ method, params }, ResultSchema) as Promise<JsonObject>,
    notify: (method) => client.notification({ method } as Parameters<ClientV1['notification']>[0]),
    listen: () => Promise.reject(new Error('there is no subscriptions/listen before 2026-07-28')),
    close: () => client.close(),
  };
}

const ASKING = {
  sampling: 'sampling/createMessage',
  elicitation: 'elicitation/create',
  roots: 'roots/list',
} as const;

async function connectV2(
  transport: Transport,
  capabilities: JsonObject,
  answer: Answering,
  modern: boolean,
): Promise<Driver> {
  const versionNegotiation = { mode: { pin: MODERN_REVISION } } as const;
  const client = new ClientV2(CLIENT, { capabilities, ...(modern && { versionNegotiation }) });
  for (const [capability, method] of Object.entries(ASKING)) {
    if (!capabilities[capability]) continue;
    client.setRequestHandler(
      method,
      async ({ params }) => (await answer(method, (params ?? {}) as JsonObject)) as never,
    );
  }
  // Both generations share the shape of a transport; their types differ in the revisions they know.
  await client.connect(transport as unknown as Parameters<ClientV2['connect']>[0]);
  return {
    callTool: (name, args, options = {}) =>
      client.callTool({ name, arguments: args, ...metaOf(options) }, requestOptions(options)),
    request: (method, params) => client.request({ method, params }, AS_IT_IS) as Promise<JsonObject>,
    notify: (method) => client.notification({ method } as Parameters<ClientV2['notification']>[0]),
    listen: (filter) => client.listen(filter),
    close: () => client.close(),
  };
}

/** Standard schema that accepts anything as it is. */
const AS_IT_IS = {
  '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) },
};

function transportOf(kind: HttpClientKind, address: string, key: string | undefined): Transport {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const requestInit = { headers };
  if (kind === 'v1-ws')
    return socketTransport(new WebSocket(`${address.replace('http', 'ws')}/ws`, 'mcp', requestInit));
  if (kind === 'v1-sse') return new SSEClientTransport(new URL(`${address}/sse`), { requestInit });
  const url = new URL(`${address}/mcp`);
  return (
    kind === 'v1' ? new StreamableHTTPClientTransport(url, { requestInit }) : new HttpV2(url, { requestInit })
  ) as Transport;
}

/** MCP over a WebSocket with headers, which the SDK's transport cannot send. */
function socketTransport(socket: WebSocket): Transport {
  const transport: Transport = {
    start: () =>
      new Promise((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
        socket.on('message', (data) => transport.onmessage?.(JSON.parse(String(data)) as JSONRPCMessage));
        socket.on('close', () => transport.onclose?.());
      }),
    send: async (message) => socket.send(JSON.stringify(message)),
    close: async () => socket.terminate(),
  };
  return transport;
}
