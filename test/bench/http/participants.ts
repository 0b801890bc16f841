import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BIN, UPSTREAM } from '../performance/paths.ts';
import { peerBin } from './peers.ts';

/** How a client gets at the upstream's `echo` through a participant: what the tool's name ends with, the JSON around its arguments. */
export interface Way {
  readonly transport: 'streamable' | 'sse';
  readonly tool: string;
  readonly before: string;
  readonly after: string;
}

/** Somebody who serves the upstream at /mcp of a port. */
export interface Participant {
  readonly name: string;
  readonly kind: 'ours' | 'peer' | 'floor';
  /** The words that start it on a port, with files in a folder of its own. */
  readonly command: (port: number, folder: string) => readonly string[];
  readonly way: Way;
}

const FOLDER = join(dirname(resolve(process.argv[1] ?? '')), 'http');
const [BARE, RELAY] = [join(FOLDER, 'bare.mjs'), join(FOLDER, 'relay.mjs')];
/** The server behind everybody. */
const SERVER = [process.execPath, UPSTREAM, JSON.stringify({ name: 'server', tools: 0 })] as const;
const AS_IS: Way = { transport: 'streamable', tool: 'echo', before: '', after: '' };
const node = (script: string, ...args: readonly string[]) => [process.execPath, script, ...args];

/** A build of ours. */
export const oursOf = (bin: string): Participant => ({
  name: 'ours',
  kind: 'ours',
  command: (port, folder) => node(bin, 'start', '-c', ourConfig(folder), '--port', `${port}`),
  way: { transport: 'streamable', tool: 'invoke', before: '{"id":"server::echo","args":', after: '}' },
});

/** Ours, the peers as their own documentation starts them, quiet where they can be, and two that show what is possible at all. */
export const PARTICIPANTS: readonly Participant[] = [
  oursOf(BIN),
  {
    name: 'mcp-proxy',
    kind: 'peer',
    command: (port) => node(peerBin('mcp-proxy'), '--host', '127.0.0.1', '--port', `${port}`, '--', ...SERVER),
    way: AS_IS,
  },
  {
    name: 'mcp-proxy lean',
    kind: 'peer',
    command: (port) => [
      ...node(peerBin('mcp-proxy'), '--no-eventStore', '--no-modern', '--server', 'stream'),
      ...['--host', '127.0.0.1', '--port', `${port}`, '--', ...SERVER],
    ],
    way: AS_IS,
  },
  {
    name: 'supergateway',
    kind: 'peer',
    command: (port) => [
      ...node(peerBin('supergateway'), '--stdio', SERVER.map(quoted).join(' '), '--outputTransport', 'streamableHttp'),
      ...['--stateful', '--logLevel', 'none', '--port', `${port}`],
    ],
    way: AS_IS,
  },
  {
    name: 'mcp-hub',
    kind: 'peer',
    command: (port, folder) => node(peerBin('mcp-hub'), '--port', `${port}`, '--config', hubConfig(folder)),
    // It serves HTTP+SSE there, and nothing else.
    way: { ...AS_IS, transport: 'sse' },
  },
  { name: 'relay', kind: 'floor', command: (port) => node(RELAY, `${port}`, ...SERVER), way: AS_IS },
  { name: 'bare', kind: 'floor', command: (port) => node(BARE, `${port}`), way: AS_IS },
];

/** For a POSIX shell. */
const quoted = (word: string) => `'${word}'`;

function ourConfig(folder: string): string {
  const [command, ...args] = SERVER;
  const servers = [{ id: 'server', transport: 'stdio', command, args }];
  return written(join(folder, 'mcp-gateway.yml'), { auth: { strategy: 'none' }, servers });
}

function hubConfig(folder: string): string {
  const [command, ...args] = SERVER;
  return written(join(folder, 'mcpservers.json'), { mcpServers: { server: { command, args } } });
}

/** JSON is YAML too. */
function written(file: string, content: object): string {
  writeFileSync(file, JSON.stringify(content));
  return file;
}
