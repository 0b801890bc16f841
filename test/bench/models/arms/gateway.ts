import { isJsonObject, type JsonObject } from '../../../../src/core/json.ts';
import type { OfferedTool } from '../../../hosts/model-dialect.ts';
import { configFile } from '../../performance/participants.ts';
import { BIN } from '../../performance/paths.ts';
import { initialize, type Peer, StdioPeer } from '../../performance/peer.ts';
import { answerIn, type Scene } from '../scene.ts';
import { type Arm, invoked, type OpenArm } from './arm.ts';

/** How many tools `describe` takes at once. */
const DESCRIBED_AT_ONCE = 10;
const READY_MS = 120_000;

/** The built gateway over stdio, freshly started, with the servers of the scene behind Streamable HTTP. */
export const gateway: OpenArm = async (scene, lab): Promise<Arm> => {
  const folder = lab.folder();
  const entries = Object.entries(scene.servers).map(([key, url]) => [
    key,
    { type: 'remote', url, transport: 'streamable_http' } as const,
  ]);
  const config = configFile(Object.fromEntries(entries), folder);
  const { child, complaints } = lab.start([process.execPath, BIN, config], folder);
  const peer = new StdioPeer(child.stdin, child.stdout);
  const { instructions } = await initialize(peer);
  await allKnown(peer, scene, complaints);
  const { tools } = await peer.request('tools/list');
  return {
    instructions: typeof instructions === 'string' ? instructions : '',
    tools: (Array.isArray(tools) ? tools : []).filter(isJsonObject).map(offered),
    meant: invoked,
    call: async (name, input) => {
      try {
        return answerIn(await peer.request('tools/call', { name, arguments: input }));
      } catch (error) {
        // An unknown meta-tool is a protocol error, which hosts show too.
        return { text: error instanceof Error ? error.message : String(error), isError: true };
      }
    },
  };
};

/** Waits until the gateway knows a tool of each server, as it does in a session that is not just beginning. */
async function allKnown(peer: Peer, { servers, tools }: Scene, complaints: () => string): Promise<void> {
  const end = Date.now() + READY_MS;
  let unknown = Object.keys(servers).flatMap((server) => tools.find((tool) => tool.server === server)?.id ?? []);
  while (unknown.length > 0) {
    if (Date.now() > end) throw new Error(`the gateway does not know ${unknown.slice(0, 5)}; ${complaints()}`);
    const id = unknown.slice(0, DESCRIBED_AT_ONCE);
    const { text } = answerIn(await peer.request('tools/call', { name: 'describe', arguments: { id } }));
    const known = new Set(described(text));
    unknown = unknown.filter((each) => !known.has(each));
  }
}

/** Ids of the tools in an answer of `describe` that could be called. */
function described(answer: string): string[] {
  const { tools }: { tools: { id: string; error?: string }[] } = JSON.parse(answer);
  return tools.filter(({ error }) => error === undefined).map(({ id }) => id);
}

function offered({ name, description, inputSchema }: JsonObject): OfferedTool {
  return { name: `${name}`, description: `${description}`, inputSchema: inputSchema as JsonObject };
}
