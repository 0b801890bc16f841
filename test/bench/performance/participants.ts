import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Build } from './builds.ts';
import type { Fleet, Server } from './fleet.ts';
import type { Laboratory, Subject } from './laboratory.ts';
import { RELAY } from './paths.ts';
import { httpPeer, initialize, type Peer, StdioPeer } from './peer.ts';

/** How a client reaches a tool: without anything between, through the floor, or through a build of ours. */
export type Way = 'direct' | 'relay' | 'ours';

/** One call of a tool with its arguments; rejects when it failed. */
export type Call = (tool: string, args: JsonObject) => Promise<JsonObject>;

/** A gateway in front of a fleet, used as its client uses it. */
export interface Gateway {
  readonly pid: number;
  readonly spawnedAt: number;
  /** From its spawn to the answer to `initialize`. */
  readonly initializeMs: number;
  /** The tool's own result; rejects when the call failed. */
  invoke(server: string, tool: string, args: JsonObject): Promise<JsonObject>;
  /** Ids of the best hits. */
  search(query: string, limit: number): Promise<readonly string[]>;
  /** Resolves when a tool of each of its servers has answered. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a build of ours in a folder; the same folder again means that it may remember what it has learnt there. */
export async function startGateway(
  lab: Laboratory,
  { bin }: Pick<Build, 'bin'>,
  servers: Fleet,
  folder = lab.folder(),
): Promise<Gateway> {
  const config = configFile(servers, folder);
  return gatewayOf(lab.start([process.execPath, bin, config], folder), servers);
}

/** Starts the floor. */
export const startRelay = (lab: Laboratory, servers: Fleet): Promise<Gateway> =>
  startGateway(lab, { bin: RELAY }, servers);

/** Starts a session that shares a daemon with all such sessions of the same folder; the daemon ends soon after the last of them. */
export async function startShared(lab: Laboratory, { bin }: Build, servers: Fleet, folder: string): Promise<Gateway> {
  const config = configFile({ ...servers, $gateway: { daemon: { idleSeconds: 0.2 } } }, folder);
  const subject = lab.start([process.execPath, bin, '--shared', config], folder, { XDG_RUNTIME_DIR: folder });
  return gatewayOf(subject, servers);
}

/** A configuration that every gateway reads, in a folder; its path. */
export function configFile(servers: Fleet | JsonObject, folder: string): string {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(servers));
  return file;
}

/** Introduces the client to a gateway that has just been spawned. */
export async function gatewayOf(
  { child, pid, spawnedAt, complaints, stop }: Subject,
  servers: Fleet,
): Promise<Gateway> {
  const peer = new StdioPeer(child.stdin, child.stdout);
  await initialize(peer).catch((cause) => {
    throw new Error(`${child.spawnargs.join(' ')}: ${cause.message}; ${complaints()}`, { cause });
  });
  const initializeMs = performance.now() - spawnedAt;
  const call = async (name: string, args: JsonObject) =>
    succeeded(await peer.request('tools/call', { name, arguments: args }));
  const invoke = (server: string, tool: string, args: JsonObject) => call('invoke', { id: `${server}::${tool}`, args });
  const ready = async () => void (await Promise.all(Object.keys(servers).map((server) => invoke(server, 'echo', {}))));
  const search = async (query: string, limit: number) => idsIn(await call('search', { query, limit }));
  return { pid, spawnedAt, initializeMs, invoke, search, ready, stop };
}

/** A bare client of one server, without anything between. */
export interface Direct {
  readonly peer: Peer;
  readonly call: Call;
  stop(): Promise<void>;
}

/** Connects to a server as its only client. */
export async function connectDirectly(lab: Laboratory, server: Server): Promise<Direct> {
  const { peer, stop } = server.type === 'local' ? overStdio(lab.start(server.command)) : overHttp(server.url);
  await initialize(peer);
  const call: Call = async (name, args) => succeeded(await peer.request('tools/call', { name, arguments: args }));
  return { peer, call, stop };
}

const overStdio = ({ child, stop }: Subject) => ({ peer: new StdioPeer(child.stdin, child.stdout), stop });
const overHttp = (url: string) => ({ peer: httpPeer(url), stop: async () => {} });

/** One server's tools, by all three ways to it. Each way has a server process of its own where that is local. */
export interface Ways {
  readonly calls: Readonly<Record<Way, Call>>;
  stop(): Promise<void>;
}

/** Opens all three ways to one server, and has each of them work once. */
export async function openWays(lab: Laboratory, build: Build, server: Server): Promise<Ways> {
  const direct = await connectDirectly(lab, server);
  const ours = await startGateway(lab, build, { server });
  const relay = await startRelay(lab, { server });
  await Promise.all([ours.ready(), relay.ready()]);
  const stop = async () => void (await Promise.all([direct, relay, ours].map((each) => each.stop())));
  return { calls: { direct: direct.call, relay: through(relay), ours: through(ours) }, stop };
}

/** Calls of one server's tools through a gateway. */
export const through =
  ({ invoke }: Gateway): Call =>
  (tool, args) =>
    invoke('server', tool, args);

function succeeded(result: JsonObject): JsonObject {
  if (result.isError === true) throw new Error(`a call failed: ${textOf(result)}`);
  return result;
}

/** The text of a result's first block; empty when that is no text. */
export function textOf({ content }: JsonObject): string {
  const [first] = Array.isArray(content) ? content : [];
  return typeof first?.text === 'string' ? first.text : '';
}

function idsIn(result: JsonObject): string[] {
  const { results }: { results: { id: string }[] } = JSON.parse(textOf(result));
  return results.map(({ id }) => id);
}
