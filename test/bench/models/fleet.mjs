// The MCP servers of a run in one process: `node fleet.mjs <scene.json> <calls.jsonl>` prints its address as the only
// line, and serves each server of the scene at /<key>. Each call is written to the second file before it is answered.
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { matches } from './matches.mjs';
import { faultIn } from './validity.mjs';

const [sceneFile = '', callsFile = ''] = process.argv.slice(2);
/** @type {{servers: Record<string, Tool[]>, answers: {tool: string, args: object, gives: unknown}[]}} */
const { servers, answers } = JSON.parse(readFileSync(sceneFile, 'utf8'));

/** @typedef {{name: string, inputSchema: object, annotations?: {readOnlyHint?: boolean}}} Tool */

const text = (/** @type {unknown} */ value, isError = false) => ({
  content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }],
  ...(isError && { isError }),
});

/** @type {Record<string, (key: string, params: any) => object>} */
const METHODS = {
  initialize: (key, { protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: key, version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': (key) => ({ tools: servers[key] ?? [] }),
  'tools/call': (key, { name, arguments: args = {} }) => {
    const id = `${key}::${name}`;
    appendFileSync(callsFile, `${JSON.stringify({ id, args })}\n`);
    const tool = servers[key]?.find((each) => each.name === name);
    return tool ? answerOf(tool, id, args) : text(`No tool ${name}`, true);
  },
};

/**
 * The scripted answer that fits. Without one a reading tool finds nothing, while a writing tool works: real servers do
 * not know either what was meant.
 * @param {Tool} tool @param {string} id @param {object} args
 */
function answerOf(tool, id, args) {
  const fault = faultIn(tool.inputSchema, args);
  if (fault !== undefined) return text(`Invalid arguments: ${fault}`, true);
  const scripted = answers.find((answer) => answer.tool === id && matches(answer.args, args));
  if (scripted) return text(scripted.gives);
  return tool.annotations?.readOnlyHint ? text('Nothing found.', true) : text('Done.');
}

/** @param {string} key @param {any} message */
function response(key, { id, method, params = {} }) {
  const run = METHODS[method];
  const body = run ? { result: run(key, params) } : { error: { code: -32601, message: `No method ${method}` } };
  return JSON.stringify({ jsonrpc: '2.0', id, ...body });
}

const server = createServer(async (request, response_) => {
  const key = decodeURIComponent((request.url ?? '/').slice(1));
  if (!Object.hasOwn(servers, key)) return void response_.writeHead(404).end();
  if (request.method !== 'POST') return void response_.writeHead(405).end();
  const message = /** @type {any} */ (await json(request));
  if (message.id === undefined) return void response_.writeHead(202).end();
  response_.writeHead(200, { 'content-type': 'application/json' }).end(response(key, message));
});
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
process.stdin.on('end', () => process.exit()).resume();
