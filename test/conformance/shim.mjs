import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gatewayCommand } from './gateway-command.mjs';
import { GatewayLink } from './shim/gateway-link.mjs';
import { isModern, localOnly, mismatch, refuse } from './shim/http-rules.mjs';
import { LegacySessions } from './shim/legacy-sessions.mjs';
import { serveModern } from './shim/modern-requests.mjs';

const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url));

/**
 * Streamable HTTP in front of the gateway's stdio, whose one server `conf` is the conformance server and is spoken to
 * in the era `upstream`. Messages pass as they are in both directions, except those that `tool-calls.mjs` names.
 */
export async function startShim({ upstream }) {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify({ conf: { command: [process.execPath, SERVER], protocol: upstream } }));
  const links = new Set();

  function openLink() {
    const link = new GatewayLink(gatewayCommand(config));
    links.add(link);
    link.closed.then(() => links.delete(link));
    return link;
  }

  const sessions = new LegacySessions(openLink);
  let modern;

  async function handle(request, response) {
    if (!localOnly(request)) return refuse(response, 403);
    const body = request.method === 'POST' ? await readJson(request) : undefined;
    if (!isModern(request, body)) return sessions.handle(request, response, body);
    if (!body) return refuse(response, 405);
    const error = mismatch(request, body);
    if (error) return refuse(response, 400, { jsonrpc: '2.0', id: body.id ?? null, error });
    modern ??= openLink();
    return serveModern(modern, body, response);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => refuse(response, 500, { error: String(error) }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  async function close() {
    server.close();
    server.closeAllConnections();
    await Promise.all([...links].map((link) => link.close()));
    await rm(folder, { recursive: true });
  }

  return { url: `http://127.0.0.1:${server.address().port}/mcp`, close };
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
