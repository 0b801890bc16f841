// The floor under every figure: a gateway that parses a line, maps the tool's id to its server, gives the request an id
// of its own and a deadline, and passes the answer on. It checks nothing, cancels nothing and restarts nothing.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { onLines } from './lines.mjs';

const INVOKE = {
  name: 'invoke',
  description: 'Calls a tool',
  inputSchema: { type: 'object', properties: { id: { type: 'string' }, args: { type: 'object' } }, required: ['id'] },
};
/** A second hop must not hang for ever; the timer is a part of what one costs. */
const DEADLINE_MS = 60_000;
const CLIENT = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'relay', version: '0' } };

/** Server key → how a message is sent to it. */
const servers = new Map();
/** Id towards a server → what takes its answer. */
const waiting = new Map();
let lastId = 0;

function answer(id, body) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...body })}\n`);
}

function onAnswer(text) {
  const message = JSON.parse(text);
  if (message.method === undefined) settle(message);
}

function settle(message) {
  waiting.get(message.id)?.(message);
  waiting.delete(message.id);
}

function request(send, method, params) {
  const id = ++lastId;
  const late = { id, error: { code: -32001, message: `no answer within ${DEADLINE_MS} ms` } };
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(late), DEADLINE_MS);
    waiting.set(id, (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    send({ jsonrpc: '2.0', id, method, params });
  });
}

function local([file, ...args]) {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  onLines(child.stdout, onAnswer);
  return (message) => child.stdin.write(`${JSON.stringify(message)}\n`);
}

async function remote(url) {
  const { post } = await import('./post.mjs');
  return (message) => post(url, message).then((text) => text && onAnswer(text));
}

async function forward(id, { id: tool, args }) {
  const [key, name] = tool.split('::');
  const { result, error } = await request(servers.get(key), 'tools/call', { name, arguments: args ?? {} });
  answer(id, error ? { error } : { result });
}

const METHODS = {
  initialize: (id) =>
    answer(id, {
      result: {
        protocolVersion: CLIENT.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'relay', version: '0' },
      },
    }),
  'tools/list': (id) => answer(id, { result: { tools: [INVOKE] } }),
  'tools/call': (id, params) => forward(id, params.arguments),
};

for (const [key, { command, url }] of Object.entries(JSON.parse(readFileSync(process.argv[2], 'utf8')))) {
  const send = command ? local(command) : await remote(url);
  servers.set(key, send);
  request(send, 'initialize', CLIENT);
  send({ jsonrpc: '2.0', method: 'notifications/initialized' });
}
onLines(process.stdin, (line) => {
  const { id, method, params } = JSON.parse(line);
  METHODS[method]?.(id, params);
});
// The servers end with it, since their stdin does.
process.stdin.on('end', () => process.exit());
