import { MODERN, responder } from './http-rules.mjs';
import { relay } from './tool-calls.mjs';

/** What the shim says of itself in its first request. */
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 'conformance-shim', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': { sampling: {}, elicitation: {}, roots: { listChanged: true } },
};

const greeted = new WeakMap();

/** Serves one request of 2026-07-28: any number of them share one gateway. */
export async function serveModern(link, body, response) {
  // Over stdio the first request fixes the era for good, so it must not be one of the suite's malformed ones.
  if (!greeted.has(link)) greeted.set(link, link.ask('tools/list', { _meta: ENVELOPE }));
  await greeted.get(link);
  if (body.id === undefined) {
    link.send(body);
    return response.writeHead(202).end();
  }
  const giveUp = await relay(link, body, responder(response));
  if (response.closed) giveUp();
  else response.on('close', giveUp);
}
