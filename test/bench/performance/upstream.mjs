// An MCP server without an SDK, so that its own start and its own work hardly count: `node upstream.mjs '<options>'` with
// {"name": string, "tools": number, "http": boolean}. Over HTTP it prints its address as the only line.
import { createServer } from 'node:http';
import { lighthouse, makeTools } from './catalog.mjs';
import { onLines } from './lines.mjs';

const { name, tools, http } = JSON.parse(process.argv[2]);
const text = (value) => ({ content: [{ type: 'text', text: value }] });

/** Text as results have it: quotes, letters beyond ASCII; few escapes, so that 10 MB of it stay under 10 MiB as JSON. */
const LINE =
  'Entry 1042 of the log: user "émile" moved the order of the warehouse in Lyon from open to closed, for the third time; ' +
  'nobody has approved this yet, and the delivery is due on the day after tomorrow.\n';
const sized = (chars) => LINE.repeat(Math.ceil(chars / LINE.length)).slice(0, chars);

const DEFINITIONS = [
  {
    name: 'echo',
    description: 'Gives its arguments back as JSON',
    inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  },
  {
    name: 'sized',
    description: 'Gives a text of so many characters',
    inputSchema: { type: 'object', properties: { chars: { type: 'number' } }, required: ['chars'] },
  },
  lighthouse(name),
  ...makeTools(name, tools),
];

const METHODS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: { listChanged: true } },
    serverInfo: { name, version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: DEFINITIONS }),
  'tools/call': ({ name: tool, arguments: args = {} }) =>
    text(tool === 'sized' ? sized(args.chars) : JSON.stringify(args)),
};

/** The answer to a line as a line; undefined for a notification. */
function answerTo(line) {
  const { id, method, params = {} } = JSON.parse(line);
  if (id === undefined) return undefined;
  const run = METHODS[method];
  const body = run ? { result: run(params) } : { error: { code: -32601, message: `No method ${method}` } };
  return JSON.stringify({ jsonrpc: '2.0', id, ...body });
}

function serveStdio() {
  onLines(process.stdin, (line) => {
    const answer = answerTo(line);
    if (answer) process.stdout.write(`${answer}\n`);
  });
}

function serveHttp() {
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const answer = answerTo(Buffer.concat(parts).toString());
      if (answer) response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
      else response.writeHead(202).end();
    });
  });
  // Clients wait for each other's rounds: a connection closed meanwhile would be opened anew within a measurement.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}/mcp\n`));
}

if (http) serveHttp();
else serveStdio();
process.stdin.on('end', () => process.exit()).resume();
