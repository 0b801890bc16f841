import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true });
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/**
 * The least that Streamable HTTP takes: posts one JSON-RPC message on a kept connection, resolves with the body.
 * @param {string} url
 * @param {object} message
 * @returns {Promise<string>}
 */
export function post(url, message) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, headers: HEADERS }, (response) => {
      /** @type {Buffer[]} */
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts).toString()));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(message));
  });
}
