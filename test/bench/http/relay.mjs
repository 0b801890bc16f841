// About the least that a gateway over HTTP can cost: `node relay.mjs <port> <command> [args]` gives each request an id of its own,
// writes it to the command's stdin and sends the answer back. No sessions, no rules.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { onLines } from '../performance/lines.mjs';

const [port, command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
const waiting = new Map();
let lastId = 0;

onLines(child.stdout, (line) => {
  const answer = JSON.parse(line);
  waiting.get(answer.id)?.(answer);
  waiting.delete(answer.id);
});

createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const message = JSON.parse(Buffer.concat(parts).toString() || '{}');
    if (message.id === undefined) return void response.writeHead(202).end();
    waiting.set(++lastId, (answer) => {
      const body = JSON.stringify({ ...answer, id: message.id });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
    child.stdin.write(`${JSON.stringify({ ...message, id: lastId })}\n`);
  });
}).listen(Number(port), '127.0.0.1');
process.stdin.on('end', () => process.exit()).resume();
