import { openConnection } from './connection.mjs';

const TYPES = 'content-type: application/json\r\naccept: application/json, text/event-stream\r\n';

/**
 * Streamable HTTP: each message is a POST, answered by its response as JSON or as events.
 * @param {URL} url
 * @returns {Promise<import('./session.mjs').Channel>}
 */
export async function openStreamable(url) {
  const opening = `${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n${TYPES}`;
  let more = '';
  let session = '';
  return {
    async send(connection, id, body) {
      const request = `POST ${opening}${session}${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      const { status, head, body: answer } = await connection.exchange(request);
      if (status !== (id === undefined ? 202 : 200)) throw new Error(`${status} ${answer.slice(0, 300)}`);
      if (!more) session = /\r\nmcp-session-id: *[^\r]+/i.exec(head)?.[0].trimStart().concat('\r\n') ?? '';
      return answer;
    },
    established(version) {
      more = `mcp-protocol-version: ${version}\r\n`;
    },
    async end() {
      const connection = openConnection(url);
      // What the server thinks of that is its own business.
      await connection.exchange(`DELETE ${opening}${session}${more}content-length: 0\r\n\r\n`).catch(() => {});
      connection.close();
    },
  };
}
