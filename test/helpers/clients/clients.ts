import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { ToolResult } from '../../../src/core/call.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import type { Progress } from '../../../src/core/rpc.ts';
import type { ToolDefinition } from '../../../src/core/tool.ts';
import type { RawPeer } from './raw-peer.ts';

/** Which client drives the server: both SDK generations, 2.x in the 2026-07-28 era, or plain JSON-RPC. */
export type Sdk = 'v1' | 'v2' | 'v2-modern' | 'raw';

export const MODERN_REVISION = '2026-07-28';

const CLIENT = { name: 'test-client', version: '1.0.0' };

export interface CallOptions {
  /** Of the client itself, not of the gateway. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly meta?: JsonObject;
  /** More input of the meta-tool that makes the call. */
  readonly rest?: JsonObject;
}

/** What tests need of a client, whichever it is. */
export interface TestClient {
  /** What the server says in the handshake. */
  readonly instructions: string | undefined;
  listTools(): Promise<ToolDefinition[]>;
  /** The result as received. Rejects for a JSON-RPC error. */
  callTool(name: string, args: JsonObject, options?: CallOptions): Promise<ToolResult>;
}

/** A client that has completed its handshake over the pipes of `peer`. */
export async function connectClient(sdk: Sdk, peer: RawPeer): Promise<TestClient> {
  if (sdk === 'raw') return connectRaw(peer);
  return sdk === 'v1' ? connectV1(pipeTransport(peer)) : connectV2(pipeTransport(peer), sdk === 'v2-modern');
}

/** A 1.x client over any transport. */
export async function connectV1(transport: Transport): Promise<TestClient> {
  const client = new ClientV1(CLIENT);
  await client.connect(transport);
  return {
    instructions: client.getInstructions(),
    listTools: async () => (await client.listTools()).tools as ToolDefinition[],
    callTool: async (name, args, options = {}) =>
      client.callTool({ name, arguments: args, ...metaOf(options) }, undefined, requestOptions(options)),
  };
}

/** A 2.x client over any transport. */
export async function connectV2(transport: Transport, modern = false): Promise<TestClient> {
  const client = new ClientV2(CLIENT, modern ? { versionNegotiation: { mode: { pin: MODERN_REVISION } } } : {});
  // Both generations share the shape of a transport; their types differ in the revisions they know.
  await client.connect(transport as unknown as Parameters<ClientV2['connect']>[0]);
  return {
    instructions: client.getInstructions(),
    listTools: async () => (await client.listTools()).tools as ToolDefinition[],
    callTool: async (name, args, options = {}) =>
      client.callTool({ name, arguments: args, ...metaOf(options) }, requestOptions(options)),
  };
}

async function connectRaw(peer: RawPeer): Promise<TestClient> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: CLIENT };
  const { result } = await peer.request('initialize', params);
  peer.notify('notifications/initialized');
  return {
    instructions: result?.instructions as string | undefined,
    listTools: async () => (await peer.request('tools/list')).result?.tools as ToolDefinition[],
    callTool: (name, args, options) => callRaw(peer, name, args, options),
  };
}

async function callRaw(peer: RawPeer, name: string, args: JsonObject, options: CallOptions = {}): Promise<ToolResult> {
  const progressToken = options.onProgress && `progress of ${name}`;
  const meta = { ...options.meta, ...(progressToken && { progressToken }) };
  peer.onMessage(({ method, params }) => {
    if (method === 'notifications/progress' && params?.progressToken === progressToken)
      options.onProgress?.(params as Progress);
  });
  const { id, response } = peer.start('tools/call', { name, arguments: args, _meta: meta });
  options.signal?.addEventListener('abort', () => peer.notify('notifications/cancelled', { requestId: id }));
  const { result, error } = await response;
  if (error) throw Object.assign(new Error(error.message), { code: error.code, data: error.data });
  return result as ToolResult;
}

/** The `_meta` member of a request, if there is any. */
export const metaOf = ({ meta }: CallOptions) => (meta ? { _meta: meta } : {});

/** Call options in the words of both SDK generations. */
export function requestOptions({ timeoutMs = 60_000, signal, onProgress }: CallOptions) {
  return {
    timeout: timeoutMs,
    ...(signal && { signal }),
    ...(onProgress && {
      onprogress: (progress: unknown) => isJsonObject(progress) && onProgress(progress as Progress),
    }),
  };
}

/** The pipes of a process as an SDK transport, so that the peer sees every line that the SDK sees. */
export function pipeTransport(peer: RawPeer): Transport {
  const transport: Transport = {
    async start() {
      peer.onMessage((message) => transport.onmessage?.(message as unknown as JSONRPCMessage));
      peer.onClosed(() => transport.onclose?.());
    },
    send: async (message) => peer.send(message),
    async close() {
      transport.onclose?.();
    },
  };
  return transport;
}
