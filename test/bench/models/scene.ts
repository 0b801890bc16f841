import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Laboratory } from '../performance/laboratory.ts';
import { onLines } from '../performance/lines.mjs';
import { httpPeer, type Peer } from '../performance/peer.ts';
import { groupBy } from './lists.ts';
import type { Task, Tool } from './task.ts';

/** The servers; what is running is a bundle elsewhere. */
const FLEET = join(dirname(resolve(process.argv[1] ?? '')), 'models/fleet.mjs');

/** A call as a server received it, or as the model meant it. */
export interface Call {
  /** `server::tool` */
  readonly id: string;
  readonly args: JsonObject;
}

/** What a tool answered, as text. */
export interface ToolAnswer {
  readonly text: string;
  readonly isError: boolean;
}

/** A task, its catalog, and running servers that have these tools and answer as the task says. */
export interface Scene {
  readonly task: Task;
  readonly tools: readonly Tool[];
  /** Addresses of the servers by key. */
  readonly servers: Readonly<Record<string, string>>;
  /** Calls a tool without anything between. */
  call(call: Call): Promise<ToolAnswer>;
  /** All calls that reached a server, in order. */
  received(): Call[];
}

/** Starts the servers of a task; they end with the laboratory. */
export async function openScene(lab: Laboratory, task: Task, tools: readonly Tool[]): Promise<Scene> {
  const folder = lab.folder();
  const [sceneFile, callsFile] = [join(folder, 'scene.json'), join(folder, 'calls.jsonl')];
  const byServer = groupBy(tools, ({ server }) => server);
  const definitions = [...byServer].map(([server, own]) => [server, own.map(definitionOf)] as const);
  const answers = [...task.steps, ...task.also].flatMap(({ tools: ids, args = {}, gives = 'Done.' }) =>
    ids.map((tool) => ({ tool, args, gives })),
  );
  writeFileSync(sceneFile, JSON.stringify({ servers: Object.fromEntries(definitions), answers }));
  const { child } = lab.start([process.execPath, FLEET, sceneFile, callsFile], folder);
  const address = await new Promise<string>((ready, failed) => {
    onLines(child.stdout, ready);
    child.once('exit', () => failed(new Error('the servers of a task did not start')));
  });
  const servers = Object.fromEntries([...byServer.keys()].map((key) => [key, `${address}/${encodeURIComponent(key)}`]));
  const peers = new Map<string, Peer>(Object.entries(servers).map(([key, url]) => [key, httpPeer(url)]));
  return {
    task,
    tools,
    servers,
    call: async ({ id, args }) => {
      const [server = '', ...name] = id.split('::');
      const peer = peers.get(server);
      if (!peer) return { text: `Unknown tool: ${id}`, isError: true };
      return answerIn(await peer.request('tools/call', { name: name.join('::'), arguments: args }));
    },
    received: () =>
      existsSync(callsFile) ? readFileSync(callsFile, 'utf8').split('\n').filter(Boolean).map(readCall) : [],
  };
}

/** A result of `tools/call` as a model is shown it. */
export function answerIn({ content, isError }: JsonObject): ToolAnswer {
  const blocks: readonly JsonObject[] = Array.isArray(content) ? content : [];
  return { text: blocks.map(({ text }) => text ?? '').join('\n'), isError: isError === true };
}

/** The definition as its server lists it. */
export function definitionOf({ id: _, server: __, source: ___, pool: ____, ...definition }: Tool): JsonObject {
  return definition;
}

const readCall = (line: string) => JSON.parse(line) as Call; // what fleet.mjs writes
