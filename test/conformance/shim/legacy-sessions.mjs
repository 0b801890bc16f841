import { randomUUID } from 'node:crypto';
import { openStream, refuse, responder, writeEvent } from './http-rules.mjs';
import { relay } from './tool-calls.mjs';

/** Sessions of the 2025 era over Streamable HTTP: a gateway process for each. */
export class LegacySessions {
  #openLink;
  #links = new Map();

  constructor(openLink) {
    this.#openLink = openLink;
  }

  async handle(request, response, body) {
    const id = request.headers['mcp-session-id'];
    if (id === undefined) {
      return body?.method === 'initialize' ? this.#start(body, response) : refuse(response, 400);
    }
    const link = this.#links.get(id);
    if (!link) return refuse(response, 404);
    if (request.method === 'GET') return listen(link, response);
    if (request.method === 'DELETE') return this.#end(id, response);
    return post(link, body, response);
  }

  #start(body, response) {
    const id = randomUUID();
    const link = this.#openLink();
    this.#links.set(id, link);
    link.closed.then(() => this.#links.delete(id));
    link.request(body, responder(response, { 'mcp-session-id': id }));
  }

  async #end(id, response) {
    const link = this.#links.get(id);
    this.#links.delete(id);
    refuse(response, 200);
    await link.close();
  }
}

/** The stream for what belongs to no request. */
function listen(link, response) {
  openStream(response);
  const deliver = (message) => writeEvent(response, message);
  link.onUnsolicited = deliver;
  response.on('close', () => {
    if (link.onUnsolicited === deliver) link.onUnsolicited = () => {};
  });
}

function post(link, body, response) {
  if (body.id !== undefined && body.method !== undefined) return relay(link, body, responder(response));
  if (body.method === 'notifications/cancelled') link.cancel(body.params.requestId);
  else link.send(body);
  refuse(response, 202);
}
