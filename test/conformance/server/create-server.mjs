import { createRequestStateCodec, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import { CONTENT_TOOLS } from './content-tools.mjs';
import { INPUT_TOOLS } from './input-tools.mjs';
import { getPrompt, PROMPTS } from './prompts.mjs';
import { RESOURCES, readResource, TEMPLATES } from './resources.mjs';
import { SIDE_CHANNEL_TOOLS } from './side-channel-tools.mjs';

/** Every tool that the suite asks for: `{ definition, run(args, call) }`. */
export const TOOLS = [...CONTENT_TOOLS, ...SIDE_CHANNEL_TOOLS, ...INPUT_TOOLS];

const CAPABILITIES = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
};

/** Signs the state that a client carries between the rounds of a call; one key, as a request may meet another instance. */
const requestState = createRequestStateCodec({ key: crypto.getRandomValues(new Uint8Array(32)) });

/** One instance, for one connection or one request. `announce(list)` replaces the notification that `list` has changed. */
export function createServer({ announce } = {}) {
  const server = new Server(
    { name: 'conformance-server', version: '1.0.0' },
    { capabilities: CAPABILITIES, requestState: { verify: requestState.verify } },
  );
  const changed = announce ?? ((list) => notifyChanged(server, list));
  server.setRequestHandler('tools/list', () => ({ tools: TOOLS.map((tool) => tool.definition) }));
  server.setRequestHandler('tools/call', ({ params }, context) =>
    findTool(params.name).run(params.arguments ?? {}, callOf(context, server, changed)),
  );
  server.setRequestHandler('prompts/list', () => ({ prompts: PROMPTS }));
  server.setRequestHandler('prompts/get', ({ params }, context) => getPrompt(params, callOf(context, server, changed)));
  server.setRequestHandler('resources/list', () => ({ resources: RESOURCES }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: TEMPLATES }));
  server.setRequestHandler('resources/read', ({ params }) => readResource(params.uri));
  server.setRequestHandler('resources/subscribe', () => ({}));
  server.setRequestHandler('resources/unsubscribe', () => ({}));
  server.setRequestHandler('completion/complete', ({ params }) => complete(params.argument.value));
  return server;
}

function findTool(name) {
  const tool = TOOLS.find(({ definition }) => definition.name === name);
  if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`);
  return tool;
}

/** What a tool or prompt may use besides its arguments. */
function callOf({ mcpReq }, server, announce) {
  return {
    progressToken: mcpReq._meta?.progressToken,
    capabilities:
      mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? server.getClientCapabilities() ?? {},
    inputResponses: mcpReq.inputResponses,
    state: mcpReq.requestState(),
    mint: requestState.mint,
    log: mcpReq.log,
    notify: (method, params) => mcpReq.notify({ method, params }),
    announce,
  };
}

function notifyChanged(server, list) {
  return list === 'tools' ? server.sendToolListChanged() : server.sendPromptListChanged();
}

function complete(value) {
  const values = ['paris', 'park', 'party', 'test-1', 'test-2'].filter((word) => word.startsWith(value));
  return { completion: { values, total: values.length, hasMore: false } };
}
