// @ts-check
// `npm run demo`: what a model does with the gateway, step by step, over three real MCP servers. No network, no key.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

/** @typedef {Record<string, any>} Json */

const GATEWAY = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const WIDTH = 110;
const hasColors = process.stdout.isTTY && !process.env.NO_COLOR;

/** @param {string} text */
const heading = (text) => console.log(hasColors ? `\n\x1b[1m${text}\x1b[22m` : `\n${text}`);
/** @param {string} text */
const say = (text) => console.log(`   ${text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text}`);
/** @param {number} value */
const number = (value) => value.toLocaleString('en-US');

/** Estimated as everywhere in the gateway. @param {string} text */
const tokensOf = (text) => Math.round(Buffer.byteLength(text) / 4.7);
/** What a host shows its model of tools, as `mcp-gateway list` counts it. @param {Json[]} tools */
const definitionTokens = (tools) =>
  tokensOf(
    tools.map(({ name, description, inputSchema }) => JSON.stringify({ name, description, inputSchema })).join(''),
  );

/** The three servers as a configuration in the flat shape. @param {string} folder */
function servers(folder) {
  return {
    everything: { command: server('everything'), description: 'One tool for every feature of the protocol' },
    files: { command: [...server('filesystem'), folder], description: 'Reads and writes the notes' },
    memory: { command: server('memory'), environment: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') } },
  };
}

/** Command of a reference server in node_modules. @param {string} name */
function server(name) {
  const manifest = createRequire(import.meta.url).resolve(`@modelcontextprotocol/server-${name}/package.json`);
  return [process.execPath, join(dirname(manifest), 'dist/index.js')];
}

/** A connected client of a server over stdio. @param {string[]} command */
async function connect([command = '', ...args]) {
  const client = new Client({ name: 'demo', version: '1.0.0' });
  const env = /** @type {Record<string, string>} */ (process.env);
  // The reference servers greet on stderr; the gateway is told to log errors only.
  const stderr = args.includes(GATEWAY) ? 'inherit' : 'ignore';
  await client.connect(new StdioClientTransport({ command, args, env, stderr }));
  return client;
}

/** What the client's model would have to read if the servers were connected one by one. @param {ReturnType<typeof servers>} config */
async function directCost(config) {
  heading('Without a gateway: every definition of every tool in every request');
  let tools = 0;
  let tokens = 0;
  for (const [key, entry] of Object.entries(config)) {
    const client = await connect(entry.command);
    const listed = (await client.listTools()).tools;
    await client.close();
    const cost = definitionTokens(listed);
    say(`${key.padEnd(12)}${String(listed.length).padStart(3)} tools  ${number(cost).padStart(6)} tokens`);
    tools += listed.length;
    tokens += cost;
  }
  return { tools, tokens };
}

/** What it reads of the gateway instead. @param {Client} client */
async function gatewayCost(client) {
  heading('With the gateway');
  const { tools } = await client.listTools();
  const tokens = definitionTokens(tools) + tokensOf(client.getInstructions() ?? '');
  say(`${tools.map((tool) => tool.name).join(', ')}: ${number(tokens)} tokens, instructions included`);
  return tokens;
}

/** Waits for all servers: a slow machine may take longer than the first search waits. @param {Client} client */
async function settle(client) {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(200)) {
    const { content } = /** @type {Json} */ (await client.callTool({ name: 'search', arguments: { query: '' } }));
    if (!JSON.parse(content[0].text).unavailable) return;
  }
}

/** A model's calls, and what the gateway's own answers to them cost. */
class Session {
  #client;
  #step = 0;
  overhead = 0;

  /** @param {Client} client */
  constructor(client) {
    this.#client = client;
  }

  /** @param {string} name @param {Json} args @param {Json} [options] @returns {Promise<Json>} */
  async call(name, args, options = {}) {
    heading(`${++this.#step}. ${name} ${JSON.stringify(args)}`);
    const result = await this.#client.callTool({ name, arguments: args }, options);
    if (result.isError) throw new Error(`${name} failed: ${JSON.stringify(result.content)}`);
    return result;
  }

  /** An answer of the gateway itself, which is JSON. @param {string} name @param {Json} args @returns {Promise<Json>} */
  async ask(name, args) {
    const { content } = await this.call(name, args);
    this.overhead += tokensOf(content[0]?.text);
    return JSON.parse(content[0]?.text);
  }

  /** Id of the best tool for a purpose. @param {string} query */
  async find(query) {
    const { results } = await this.ask('search', { query, limit: 2 });
    for (const { id, signature, description } of results) say(`${id}${signature}  ${description}`);
    return results[0].id;
  }
}

/** @param {Session} session @param {string} folder */
async function textAndImage(session, folder) {
  const reader = await session.find('read a text file');
  const definition = await session.ask('describe', { id: reader });
  say(`${definition.title}: ${definition.description}`);
  const note = await session.call('invoke', { id: reader, args: { path: join(folder, 'shopping.txt') } });
  say(note.content[0]?.text.trim());
  const picture = await session.call('invoke', { id: await session.find('image') });
  for (const { type, text, data, mimeType } of picture.content) {
    say(`${type} block: ${text ?? `${mimeType}, ${data.length} characters of base64`}`);
  }
  return picture.content.some((/** @type {Json} */ block) => block.type === 'image');
}

/** @param {Session} session */
async function longWork(session) {
  const id = await session.find('long running operation');
  const onprogress = (/** @type {Json} */ { progress, total }) => say(`progress ${progress} of ${total}`);
  const direct = await session.call('invoke', { id, args: { duration: 1, steps: 5 } }, { onprogress });
  say(direct.content[0]?.text);
  const { jobId, status } = await session.ask('invoke_async', { id, args: { duration: 1, steps: 2 }, priority: 1 });
  say(`the job is ${status}; the model goes on with something else`);
  const [record, result] = (await session.call('job_status', { jobId, waitMs: 20_000 })).content;
  say(record?.text);
  say(result?.text);
  return JSON.parse(record?.text).status === 'completed';
}

/** @param {string} folder */
async function demo(folder) {
  writeFileSync(join(folder, 'shopping.txt'), 'bread, olives, a new kettle\n');
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ $gateway: { logLevel: 'error' }, ...servers(folder) }));
  const direct = await directCost(servers(folder));
  const client = await connect([process.execPath, GATEWAY, config]);
  try {
    const tokens = await gatewayCost(client);
    await settle(client);
    const session = new Session(client);
    const isImage = await textAndImage(session, folder);
    if (!isImage || !(await longWork(session))) throw new Error('the image or the job did not come through');
    const saved = Math.round(100 * (1 - tokens / direct.tokens));
    const own = `${number(session.overhead)} more for the answers of search, describe and invoke_async above`;
    const summary = `${number(direct.tokens)} tokens became ${number(tokens)}, ${saved} % saved; ${own}`;
    heading(`Done: ${direct.tools} tools behind 5. ${summary}.`);
  } finally {
    await client.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'mcp-gateway-demo-'));
// What the gateway remembers and counts of the demo is nobody's.
for (const name of ['DATA', 'CACHE', 'STATE']) process.env[`XDG_${name}_HOME`] = join(folder, name.toLowerCase());
await demo(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
