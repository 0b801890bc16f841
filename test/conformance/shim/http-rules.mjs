export const MODERN = '2026-07-28';
const META_VERSION = 'io.modelcontextprotocol/protocolVersion';
const HEADER_MISMATCH = -32_020;

/** HTTP status of an answer that is an error, by its JSON-RPC code (2026-07-28); any other is 200. */
const STATUS = { [-32_601]: 404, [-32_602]: 400, [-32_020]: 400, [-32_021]: 400, [-32_022]: 400 };

/** Whether a request is of the era without sessions: its header or its body says so. */
export function isModern({ headers }, body) {
  return headers['mcp-protocol-version'] === MODERN || body?.params?._meta?.[META_VERSION] !== undefined;
}

/** Methods whose requests name what they are about in a header too. */
const NAMED = ['tools/call', 'prompts/get', 'resources/read'];

/** The error of a request whose headers are not what its body says, if they are not. */
export function mismatch({ headers }, { method, params }) {
  const version = params?._meta?.[META_VERSION] ?? MODERN;
  const name = NAMED.includes(method) ? (params?.name ?? params?.uri) : headers['mcp-name'];
  const agree =
    headers['mcp-protocol-version'] === version && headers['mcp-method'] === method && headers['mcp-name'] === name;
  return agree ? undefined : { code: HEADER_MISMATCH, message: 'The headers do not match the body' };
}

/** Whether a request was meant for this machine, and not sent here by a web page from elsewhere. */
export function localOnly({ headers }) {
  const origin = headers.origin === undefined ? [] : [headers.origin];
  return [`http://${headers.host}`, ...origin].every(
    (url) => URL.canParse(url) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname),
  );
}

/** Ends a response with a status, and JSON if given. */
export function refuse(response, status, json) {
  if (response.headersSent) return response.end();
  response.writeHead(status, json && { 'content-type': 'application/json' }).end(json && JSON.stringify(json));
}

/** Writes the messages of one request: the answer alone as JSON, anything before it makes a stream of events. */
export function responder(response, headers = {}) {
  return (message) => {
    const last = message.method === undefined;
    if (response.headersSent) writeEvent(response, message);
    else if (last) return writeJson(response, message, headers);
    else openStream(response, headers, message);
    if (last) response.end();
  };
}

/** Starts a stream of events, with a first one if given. */
export function openStream(response, headers = {}, message = undefined) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...headers });
  response.flushHeaders();
  if (message) writeEvent(response, message);
}

export function writeEvent(response, message) {
  response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}

function writeJson(response, message, headers) {
  const status = STATUS[message.error?.code] ?? 200;
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(message));
}
