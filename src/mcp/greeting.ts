import type { JsonObject } from '../core/json.ts';
import { HANDSHAKE_VERSIONS, LATEST_HANDSHAKE_VERSION } from '../core/protocol.ts';
import { VERSION } from '../version.ts';

/** What the gateway says of itself to a client, in either era. */
export const SERVER_INFO = { name: 'mcp-gateway', title: 'MCP Gateway', version: VERSION };

export const CAPABILITIES = {
  tools: {},
  logging: {},
  completions: {},
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
};

/** The answer to `initialize`: the revision asked for if we speak it, else the newest with a handshake. */
export function greeting({ protocolVersion }: JsonObject, instructions: string): JsonObject {
  const version = HANDSHAKE_VERSIONS.find((each) => each === protocolVersion) ?? LATEST_HANDSHAKE_VERSION;
  return { protocolVersion: version, capabilities: CAPABILITIES, serverInfo: SERVER_INFO, instructions };
}
