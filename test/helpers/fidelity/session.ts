import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { ToolResult } from '../../../src/core/call.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { type CallOptions, MODERN_REVISION, metaOf, requestOptions } from '../clients/clients.ts';
import type { Message } from '../clients/raw-peer.ts';
import { type AnswerContext, answerFor, ROOTS } from './answers.ts';

/** Generation and era of the client that drives a session. */
export type ClientKind = 'v1' | 'v2' | 'v2-modern';

/** What a client of the matrix declares: everything. */
export const CAPABILITIES = {
  sampling: { context: {}, tools: {} },
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
};

const CLIENT = { name: 'matrix-client', title: 'Matrix', version: '3.2.1', websiteUrl: 'https://client.test' };

/** A question as the client's handler saw it, and whether it was taken back. */
export interface Asked {
  readonly method: string;
  readonly params: unknown;
  takenBack?: boolean;
}

/** A connected client that keeps all it receives: on the wire, and in its handlers. */
export interface Session {
  /** In wire order, before the SDK has parsed it. */
  readonly received: Message[];
  readonly asked: Asked[];
  callTool(name: string, args: JsonObject, options?: CallOptions): Promise<ToolResult>;
  request(method: string, params: JsonObject): Promise<JsonObject>;
  /** Absent in the era that has no such request. */
  readonly setLevel?: (level: string) => Promise<void>;
  rootsChanged(): Promise<void>;
  close(): Promise<void>;
}

/** Connects a client that answers every question, see `answers.ts`. `capabilities` other than all of them narrow it. */
export async function connectSession(
  kind: ClientKind,
  transport: Transport,
  capabilities: JsonObject = CAPABILITIES,
): Promise<Session> {
  const received: Message[] = [];
  // Both SDK generations call what was there before they set their own.
  transport.onmessage = (message) => received.push(message as Message);
  return kind === 'v1'
    ? sessionV1(transport, capabilities, received)
    : sessionV2(kind, transport, capabilities, received);
}

async function sessionV1(transport: Transport, capabilities: JsonObject, received: Message[]): Promise<Session> {
  const asked: Asked[] = [];
  const client = new ClientV1(CLIENT, {
    capabilities,
    ...(capabilities.tasks !== undefined && { taskStore: new InMemoryTaskStore() }),
  });
  const answer = async ({ method, params }: { method: string; params?: unknown }, extra: Extra) => {
    const context: AnswerContext = { signal: extra.signal, progress: (progress) => tellProgress(extra, progress) };
    const question = keep(asked, method, (params ?? {}) as JsonObject, context);
    const { task, ...plain } = question;
    // As the SDK types answers by method, which is not known here.
    return (
      task && extra.taskStore ? answerAsTask(plain, context, extra.taskStore) : answerFor(plain, context)
    ) as never;
  };
  if (capabilities.sampling) client.setRequestHandler(CreateMessageRequestSchema, answer);
  if (capabilities.elicitation) client.setRequestHandler(ElicitRequestSchema, answer);
  if (capabilities.roots)
    client.setRequestHandler(ListRootsRequestSchema, async ({ method, params }) => {
      keep(asked, method, params ?? {});
      return { roots: ROOTS };
    });
  await client.connect(transport);
  return {
    received,
    asked,
    callTool: async (name, args, options = {}) =>
      client.callTool({ name, arguments: args, ...metaOf(options) }, undefined, requestOptions(options)),
    request: (method, params) => client.request({ method, params }, ResultSchema) as Promise<JsonObject>,
    setLevel: async (level) => void (await client.setLoggingLevel(level as 'info')),
    rootsChanged: () => client.sendRootsListChanged(),
    close: () => client.close(),
  };
}

type Extra = Parameters<Parameters<ClientV1['setRequestHandler']>[1]>[1];

function tellProgress(extra: Extra, progress: { progress: number }): Promise<void> {
  const progressToken = extra._meta?.progressToken ?? 'none';
  return extra.sendNotification({ method: 'notifications/progress', params: { progressToken, ...progress } });
}

/** Answers with a task of the client's own, which the server follows (2025-11-25). */
async function answerAsTask(
  question: JsonObject,
  context: AnswerContext,
  tasks: NonNullable<Extra['taskStore']>,
): Promise<JsonObject> {
  const task = await tasks.createTask({ ttl: 60_000 });
  const result = await answerFor(question, context);
  await tasks.storeTaskResult(task.taskId, 'completed', result);
  return { task };
}

async function sessionV2(
  kind: 'v2' | 'v2-modern',
  transport: Transport,
  capabilities: JsonObject,
  received: Message[],
): Promise<Session> {
  const asked: Asked[] = [];
  const modern = kind === 'v2-modern';
  const client = new ClientV2(CLIENT, {
    capabilities,
    ...(modern && { versionNegotiation: { mode: { pin: MODERN_REVISION } } }),
  });
  for (const [capability, method] of [
    ['sampling', 'sampling/createMessage'],
    ['elicitation', 'elicitation/create'],
    ['roots', 'roots/list'],
  ] as const) {
    if (!capabilities[capability]) continue;
    client.setRequestHandler(method, async (request, { mcpReq }) => {
      const params = (request.params ?? {}) as JsonObject;
      const context: AnswerContext = {
        signal: mcpReq.signal,
        progress: (progress) =>
          mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken: mcpReq._meta?.progressToken ?? 'none', ...progress },
          }),
      };
      keep(asked, method, params, context);
      return (method === 'roots/list' ? { roots: ROOTS } : await answerFor(params, context)) as never;
    });
  }
  // Both generations share the shape of a transport; their types differ in the revisions they know.
  await client.connect(transport as unknown as Parameters<ClientV2['connect']>[0]);
  return {
    received,
    asked,
    callTool: async (name, args, options = {}) =>
      client.callTool({ name, arguments: args, ...metaOf(options) }, requestOptions(options)),
    request: (method, params) => client.request({ method, params }, AS_IT_IS) as Promise<JsonObject>,
    ...(!modern && { setLevel: async (level: string) => void (await client.setLoggingLevel(level as 'info')) }),
    rootsChanged: () => client.sendRootsListChanged(),
    close: () => client.close(),
  };
}

/** Notes a question, without the token and envelope that differ from one run to the next. */
function keep(asked: Asked[], method: string, params: JsonObject, context?: AnswerContext): JsonObject {
  const { _meta, ...rest } = params;
  const { progressToken: _, ...meta } = isJsonObject(_meta) ? _meta : {};
  const note: Asked = { method, params: Object.keys(meta).length > 0 ? { ...rest, _meta: meta } : rest };
  asked.push(note);
  context?.signal.addEventListener('abort', () => {
    note.takenBack = true;
  });
  return params;
}

/** Standard schema that accepts anything as it is. */
const AS_IT_IS = {
  '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) },
};
