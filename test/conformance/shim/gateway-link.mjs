import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

/**
 * One gateway process, spoken to in JSON-RPC lines. Requests of many HTTP exchanges share it, so ids and progress
 * tokens are replaced on the way in and put back on the way out; nothing else of a message is touched.
 */
export class GatewayLink {
  /** Where messages go that belong to no open request. */
  onUnsolicited = () => {};
  /** Resolves when the process has ended. */
  closed;
  #child;
  #open = new Map();
  #count = 0;

  constructor([file, ...args]) {
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', process.env.CONFORMANCE_LOG ? 'inherit' : 'ignore'] });
    this.closed = once(this.#child, 'exit');
    this.closed.then(() => this.#lose());
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#receive(JSON.parse(line)));
  }

  /** Sends a request; `onMessage` gets what belongs to it, its answer last. Gives a function that cancels it. */
  request(message, onMessage) {
    const id = `shim-${++this.#count}`;
    const token = message.params?._meta?.progressToken;
    this.#open.set(id, { original: message.id, token, onMessage });
    this.send(token === undefined ? { ...message, id } : withMeta({ ...message, id }, { progressToken: id }));
    return () => {
      if (this.#open.delete(id)) this.#cancel(id);
    };
  }

  /** A request of the shim's own, its answer. */
  ask(method, params) {
    return new Promise((resolve) => this.request({ jsonrpc: '2.0', id: 'ask', method, params }, resolve));
  }

  /** Sends a notification or an answer as it is. */
  send(message) {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** Passes on that the client gave up the request which it knows by `original`. */
  cancel(original) {
    for (const [id, request] of this.#open) if (request.original === original) this.#cancel(id);
  }

  async close() {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.closed;
    clearTimeout(timer);
  }

  #cancel(requestId) {
    this.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
  }

  #receive(message) {
    if (message.method === undefined) return this.#answer(message);
    const { progressToken, _meta } = message.params ?? {};
    const id = message.method === 'notifications/progress' ? progressToken : _meta?.[SUBSCRIPTION];
    // What names no request belongs, as far as anyone can say, to the one that was sent last.
    const request = id === undefined ? [...this.#open.values()].at(-1) : this.#open.get(id);
    const deliver = request?.onMessage ?? this.onUnsolicited;
    deliver(request ? restored(message, request) : message);
  }

  #answer(message) {
    const request = this.#open.get(message.id);
    this.#open.delete(message.id);
    request?.onMessage(restored({ ...message, id: request.original }, request));
  }

  #lose() {
    const error = { code: -32_000, message: 'the gateway has ended' };
    for (const { original: id, onMessage } of this.#open.values()) onMessage({ jsonrpc: '2.0', id, error });
    this.#open.clear();
  }
}

/** The message with the id and token that its client knows. */
function restored(message, { original, token }) {
  if (message.method === 'notifications/progress') {
    return { ...message, params: { ...message.params, progressToken: token } };
  }
  if (message.params?._meta?.[SUBSCRIPTION] !== undefined) return withMeta(message, { [SUBSCRIPTION]: original });
  if (message.result?._meta?.[SUBSCRIPTION] === undefined) return message;
  return { ...message, result: { ...message.result, _meta: { ...message.result._meta, [SUBSCRIPTION]: original } } };
}

function withMeta(message, meta) {
  return { ...message, params: { ...message.params, _meta: { ...message.params._meta, ...meta } } };
}
