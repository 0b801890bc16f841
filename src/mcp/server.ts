import {
  type JSONRPCRequest,
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Broker } from '../broker.ts';
import type { CallContext, Caller, Progress } from '../core/call.ts';
import { causeOf, clip, GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Logger } from '../core/log.ts';
import { VERSION } from '../version.ts';
import { errorResult } from './error-result.ts';
import { findMetaTool, META_TOOLS, type MetaCall, metaToolDefinitions } from './meta-tools.ts';
import { parseInput } from './parse-input.ts';

export interface ServerParts {
  readonly broker: Broker;
  readonly caller: Caller;
  readonly instructions: string;
  readonly log: Logger;
}

/** The gateway as an MCP server to one client. */
export function createServer(parts: ServerParts): Server {
  const server = new Server(
    { name: 'mcp-gateway', title: 'MCP Gateway', version: VERSION },
    { capabilities: { tools: {} }, instructions: parts.instructions },
  );
  server.onerror = (error) => parts.log.debug('client connection', { error: causeOf(error) });
  // The definitions carry `_meta` and schemas that are ours: correct by a test against the SDK's own schema.
  server.setRequestHandler('tools/list', () => ({ tools: metaToolDefinitions() }) as never);
  // As a fallback, because a handler registered for tools/call has its result parsed and rebuilt by the SDK: an
  // upstream's unknown content block would turn into an error, and 10 MB would be walked once more.
  server.fallbackRequestHandler = (request, context) => answer(request, context, parts);
  return server;
}

async function answer(request: JSONRPCRequest, context: ServerContext, parts: ServerParts): Promise<Result> {
  if (request.method !== 'tools/call') throw new ProtocolError(ProtocolErrorCode.MethodNotFound, 'Method not found');
  const { name, arguments: input } = request.params ?? {};
  const tool = typeof name === 'string' ? findMetaTool(name) : undefined;
  if (!tool) {
    const names = META_TOOLS.map((each) => each.name).join(', ');
    throw new ProtocolError(
      ProtocolErrorCode.InvalidParams,
      `Unknown tool "${clip(String(name))}"; there are ${names}`,
    );
  }
  try {
    return await tool.run(parseInput(tool, input), metaCall(request, context, parts));
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'INTERNAL') {
      parts.log.error('internal error', { tool: tool.name, error: causeOf(error), stack: stackOf(error) });
    }
    return errorResult(error);
  }
}

function metaCall(request: JSONRPCRequest, context: ServerContext, { broker, caller }: ServerParts): MetaCall {
  const { progressToken, ...meta } = isJsonObject(request.params?._meta) ? request.params._meta : ({} as JsonObject);
  const { signal, notify } = context.mcpReq;
  const onProgress = (progress: Progress) => {
    const params = { ...progress, progressToken: progressToken as string | number };
    void notify({ method: 'notifications/progress', params }).catch(() => {});
  };
  const call: CallContext = { caller, signal, ...(progressToken !== undefined && { onProgress }) };
  return { broker, context: call, ...(Object.keys(meta).length > 0 && { meta }) };
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
