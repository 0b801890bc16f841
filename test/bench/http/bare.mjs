// The ceiling of the generator: `node bare.mjs <port>` answers MCP over HTTP by itself, without sessions and without an upstream.
import { createServer } from 'node:http';

const ECHO = { name: 'echo', description: 'Gives its arguments back as JSON', inputSchema: { type: 'object' } };

const METHODS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'bare', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools: [ECHO] }),
  'tools/call': ({ arguments: args }) => ({ content: [{ type: 'text', text: JSON.stringify(args) }] }),
};

createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const { id, method, params } = JSON.parse(Buffer.concat(parts).toString() || '{}');
    if (id === undefined) return void response.writeHead(202).end();
    const answer = JSON.stringify({ jsonrpc: '2.0', id, result: METHODS[method](params) });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
    response.end(answer);
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
process.stdin.on('end', () => process.exit()).resume();
