import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { HANDSHAKE_VERSIONS, LATEST_HANDSHAKE_VERSION } from '../../core/protocol.ts';
import { VERSION } from '../../version.ts';

/** What the gateway says of itself to a client, in either era. */
export const SERVER_INFO = { name: 'mcp-gateway', title: 'MCP Gateway', version: VERSION };

export const CAPABILITIES = {
  tools: {},
  logging: {},
  completions: {},
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
};

/** What is missing in the params of an `initialize`; undefined when nothing is. Some clients say null for nothing. */
export function greetingProblem({ protocolVersion, capabilities, clientInfo }: JsonObject): string | undefined {
  if (typeof protocolVersion !== 'string') return 'params.protocolVersion: expected a string';
  if (!isJsonObject(capabilities ?? {})) return 'params.capabilities: expected an object';
  return isJsonObject(clientInfo ?? {}) ? undefined : 'params.clientInfo: expected an object';
}

/** The answer to a sound `initialize`: the revision asked for if we speak it, else the newest with a handshake. */
export function greeting({ protocolVersion }: JsonObject, instructions: string): JsonObject {
  const version = HANDSHAKE_VERSIONS.find((each) => each === protocolVersion) ?? LATEST_HANDSHAKE_VERSION;
  return { protocolVersion: version, capabilities: CAPABILITIES, serverInfo: SERVER_INFO, instructions };
}
