// HTTP/1.1 on one kept socket, one exchange at a time: a client this small leaves the CPU to the servers it measures.
import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * @typedef {{ status: number, head: string, body: string }} Answer
 * @typedef {{ exchange(request: string): Promise<Answer>, close(): void }} Connection
 */

/**
 * A connection to the host of `url`; `exchange` writes a whole request and resolves with the whole answer, and rejects when the socket ends before that.
 * @param {URL} url
 * @returns {Connection}
 */
export function openConnection(url) {
  let received = NOTHING;
  /** @type {{ resolve(answer: Answer): void, reject(error: Error): void } | undefined} */
  let waiting;
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  const fail = (/** @type {Error} */ error) => {
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = answerIn(received);
    if (!answer) return;
    received = NOTHING;
    const { resolve } = waiting ?? unasked();
    waiting = undefined;
    resolve(answer);
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the connection was closed before the answer was complete')));
  return {
    exchange: (request) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return void reject(new Error('the connection is closed'));
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => void socket.destroy(),
  };
}

/** @returns {never} */
function unasked() {
  throw new Error('the server sent an answer that nobody had asked for');
}

/**
 * The answer at the start of `bytes`; undefined while part of it is missing.
 * @param {Buffer} bytes
 * @returns {Answer | undefined}
 */
function answerIn(bytes) {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const head = bytes.latin1Slice(0, end);
  const body = bodyIn(bytes, end + HEAD_END.length, head);
  return body === undefined ? undefined : { status: Number(head.slice(9, 12)), head, body };
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 * @param {string} head
 */
function bodyIn(bytes, start, head) {
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return chunksIn(bytes, start);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return bytes.length < start + length ? undefined : bytes.utf8Slice(start, start + length);
}

/**
 * The body in chunks that begins at `at`; undefined before its last chunk. Trailers are not expected.
 * @param {Buffer} bytes
 * @param {number} at
 */
function chunksIn(bytes, at) {
  const parts = [];
  for (;;) {
    const lineEnd = bytes.indexOf(LINE_END, at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.latin1Slice(at, lineEnd), 16);
    const [start, end] = [lineEnd + 2, lineEnd + 2 + size];
    if (bytes.length < end + 2) return undefined;
    if (size === 0) return (parts.length === 1 ? parts[0] : Buffer.concat(parts))?.toString();
    parts.push(bytes.subarray(start, end));
    at = end + 2;
  }
}
