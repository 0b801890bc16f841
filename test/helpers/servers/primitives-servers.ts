import { Server as LowLevelServer } from '@modelcontextprotocol/sdk/server/index.js';
import {
  McpServer as McpServerV1,
  ResourceTemplate as ResourceTemplateV1,
} from '@modelcontextprotocol/sdk/server/mcp.js';
import { completable, McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { JsonObject } from '../../../src/core/json.ts';

const INFO = { name: 'test', version: '1' };

/** A server of SDK 1.x with a fixed resource, a template and a prompt; every text says `label`. */
export function serverV1(label: string): McpServerV1 {
  const server = new McpServerV1(INFO, { capabilities: { resources: { subscribe: true } } });
  const text = (uri: URL) => ({ contents: [{ uri: uri.href, text: `${label} ${uri.href}` }] });
  server.registerResource('readme', 'doc://readme', { description: label }, text);
  server.registerResource(
    'page',
    new ResourceTemplateV1('doc://pages/{id}', { list: undefined, complete: { id: (value) => [`${value}-${label}`] } }),
    {},
    text,
  );
  server.registerPrompt('greet', { argsSchema: { who: z.string() } }, ({ who }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `${label} greets ${who}` } }],
  }));
  return server;
}

/** The same in SDK 2.x. */
export function serverV2(label: string): McpServer {
  const server = new McpServer(INFO, { capabilities: { resources: { subscribe: true } } });
  const text = (uri: URL) => ({ contents: [{ uri: uri.href, text: `${label} ${uri.href}` }] });
  server.registerResource('readme', 'doc://readme', { description: label }, text);
  server.registerResource(
    'page',
    new ResourceTemplate('doc://pages/{id}', { list: undefined, complete: { id: (value) => [`${value}-${label}`] } }),
    {},
    text,
  );
  const who = completable(z.string(), (value) => [`${value}-${label}`]);
  server.registerPrompt('greet', { argsSchema: z.object({ who }) }, ({ who }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `${label} greets ${who}` } }],
  }));
  return server;
}

/** What a server answers to one method: a result, or an error thrown. */
export type Handlers = Readonly<Record<string, (params: JsonObject) => JsonObject | Promise<JsonObject>>>;

/** A low-level server whose answers go out as they are, malformed ones too. */
export function rawServer(handlers: Handlers, capabilities: JsonObject = { resources: {}, prompts: {} }) {
  const server = new LowLevelServer(INFO, { capabilities });
  server.fallbackRequestHandler = async ({ method, params = {} }) => {
    const handler = handlers[method];
    if (!handler) throw Object.assign(new Error('Method not found'), { code: -32_601 });
    return handler(params);
  };
  return server;
}

/** A server that lists these resources on one page. */
export function listing(resources: readonly unknown[], rest: JsonObject = {}) {
  return rawServer({ 'resources/list': () => ({ resources, ...rest }) }, { resources: {} });
}
