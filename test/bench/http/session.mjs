// An MCP session of the 2025 era over HTTP, with no more than a call needs.
import { openConnection } from './connection.mjs';
import { openSse } from './sse.mjs';
import { openStreamable } from './streamable.mjs';

const CLIENT = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '0' } };

/**
 * What of a participant a client must know: how a call of the upstream's `echo` looks there, as the tool whose listed name ends
 * so and the JSON around its arguments.
 * @typedef {{ url: string, transport: 'streamable' | 'sse', tool: string, before: string, after: string }} Target
 * @typedef {import('./connection.mjs').Connection} Connection
 *
 * A way to a server: `send` resolves with the JSON-RPC answer to `id` as text, or as soon as a notification was taken.
 * @typedef {{ send(connection: Connection, id: number | undefined, body: string): Promise<string>, established(version: string): void, end(): Promise<void> }} Channel
 * @typedef {{ channel: Channel, url: URL, tool: string, target: Target }} Session
 */

/**
 * Initializes a session and makes sure that its calls are answered; rejects when they are not (yet).
 * @param {Target} target
 * @returns {Promise<Session>}
 */
export async function openSession(target) {
  const url = new URL(target.url);
  const connection = openConnection(url);
  try {
    const channel = await (target.transport === 'sse' ? openSse(url) : openStreamable(url));
    const session = { channel, url, target, tool: await handshake(connection, channel, target.tool) };
    await callOnce(connection, session, 3);
    return session;
  } finally {
    connection.close();
  }
}

/**
 * One call of the echo; rejects unless it gives back exactly what this call sent.
 * @param {Connection} connection
 * @param {Session} session
 * @param {number} id
 */
export async function callOnce(connection, { channel, tool, target }, id) {
  const text = `call ${id} of the load: an argument as long as a short sentence`;
  const args = `${target.before}{"text":"${text}"}${target.after}`;
  const body = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${tool}","arguments":${args}}}`;
  const answer = await channel.send(connection, id, body);
  const echoed = answer.includes(`{\\"text\\":\\"${text}\\"}`) && isAnswerTo(id, answer);
  if (!echoed || answer.includes('"isError":true')) throw new Error(`a call was answered with ${answer.slice(0, 300)}`);
}

/**
 * The name of the listed tool that ends so.
 * @param {Connection} connection
 * @param {Channel} channel
 * @param {string} ending
 * @returns {Promise<string>}
 */
async function handshake(connection, channel, ending) {
  const { protocolVersion } = resultIn(await channel.send(connection, 1, message(1, 'initialize', CLIENT)));
  channel.established(protocolVersion);
  await channel.send(connection, undefined, message(undefined, 'notifications/initialized'));
  const listed = await channel.send(connection, 2, message(2, 'tools/list', {}));
  const tool = resultIn(listed).tools.find((/** @type {{ name: string }} */ { name }) => name.endsWith(ending));
  if (!tool) throw new Error(`there is no tool ${ending} in ${listed.slice(0, 300)}`);
  return tool.name;
}

/**
 * @param {number} id
 * @param {string} answer
 */
const isAnswerTo = (id, answer) => answer.includes(`"id":${id},`) || answer.includes(`"id":${id}}`);

/**
 * @param {number | undefined} id
 * @param {string} method
 * @param {object} [params]
 */
const message = (id, method, params) => JSON.stringify({ jsonrpc: '2.0', id, method, params });

/**
 * The result in a body of JSON, or in an event of an event stream.
 * @param {string} body
 */
function resultIn(body) {
  const line = body.startsWith('{') ? body : body.split('\n').find((each) => /^data: ?\{.*"(result|error)"/.test(each));
  const { result, error } = JSON.parse(line?.replace(/^data: ?/, '') ?? '{}');
  if (!result) throw new Error(`no result: ${JSON.stringify(error)} ${body.slice(0, 300)}`);
  return result;
}
