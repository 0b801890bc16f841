import { TOOLS } from '../server/create-server.mjs';

/** Most ids that `describe` takes. */
const MAX_DESCRIBED = 10;
const idOf = (name) => `conf::${name}`;
const IDS = TOOLS.map(({ definition }) => idOf(definition.name));

/**
 * Passes a request on to the gateway; `deliver` gets what belongs to it, the answer last. Gives a function that cancels it.
 * A call of a tool becomes a call of `invoke`, and the list of tools is made of what `describe` says of each.
 */
export async function relay(link, message, deliver) {
  if (message.method === 'tools/call') return link.request(asInvoke(message), (each) => deliver(asDirect(each)));
  if (message.method !== 'tools/list') return link.request(message, deliver);
  const tools = await describeAll(link, message.params?._meta);
  return link.request(message, (each) =>
    deliver(each.result?.tools ? { ...each, result: { ...each.result, tools } } : each),
  );
}

function asInvoke(message) {
  const { name, arguments: args = {} } = message.params;
  return { ...message, params: { ...message.params, name: 'invoke', arguments: { id: idOf(name), args } } };
}

/** The gateway tells of a server's JSON-RPC error in a tool result; a direct client would have got the error itself. */
function asDirect(message) {
  const error = message.result?._meta?.['mcp-gateway/error']?.upstream;
  return error ? { jsonrpc: '2.0', id: message.id, error } : message;
}

async function describeAll(link, meta) {
  const batches = Array.from({ length: Math.ceil(IDS.length / MAX_DESCRIBED) }, (_, index) =>
    IDS.slice(index * MAX_DESCRIBED, (index + 1) * MAX_DESCRIBED),
  );
  const answers = await Promise.all(batches.map((ids) => describe(link, ids, meta)));
  return answers.flat();
}

async function describe(link, ids, meta) {
  const params = { name: 'describe', arguments: { id: ids }, ...(meta && { _meta: meta }) };
  const { result } = await link.ask('tools/call', params);
  if (!result || result.isError) return [];
  const { tools } = JSON.parse(result.content[0].text);
  return tools.map(({ id, server, available, state, ...definition }) => definition);
}
