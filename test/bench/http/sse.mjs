import { get } from 'node:http';
import { onLines } from '../performance/lines.mjs';

/**
 * Legacy HTTP+SSE: one stream of events for all answers, whose first one says where to post.
 * @param {URL} url
 * @returns {Promise<import('./session.mjs').Channel>}
 */
export async function openSse(url) {
  /** @type {Map<number, (answer: string) => void>} */
  const waiting = new Map();
  const { path, close } = await openStream(url, (data) => {
    const id = Number(/"id":(\d+)[,}]/.exec(data)?.[1]);
    waiting.get(id)?.(data);
    waiting.delete(id);
  });
  const opening = `POST ${path} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\n`;
  return {
    async send(connection, id, body) {
      const answered = id === undefined ? '' : new Promise((resolve) => void waiting.set(id, resolve));
      const { status, body: refusal } = await connection.exchange(
        `${opening}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      if (status !== 202) throw new Error(`${status} ${refusal.slice(0, 300)}`);
      return answered;
    },
    established: () => {},
    end: async () => close(),
  };
}

/**
 * @param {URL} url
 * @param {(data: string) => void} onData
 * @returns {Promise<{ path: string, close(): void }>}
 */
function openStream(url, onData) {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers: { accept: 'text/event-stream' } }, (response) => {
      if (response.statusCode !== 200) return void reject(new Error(`GET was answered with ${response.statusCode}`));
      let path = '';
      onLines(response, (line) => {
        if (!line.startsWith('data:')) return;
        const data = line.slice(5).trim();
        if (path) return onData(data);
        path = new URL(data, url).href.slice(url.origin.length);
        resolve({ path, close: () => void request.destroy() });
      });
    });
    request.on('error', reject);
  });
}
