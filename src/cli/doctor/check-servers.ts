import { basename } from 'node:path';
import type { ServerConfig } from '../../config/schema.ts';
import { clip } from '../../core/errors.ts';
import { loginCommand } from '../../core/login-command.ts';
import type { AskedServer } from './ask-server.ts';
import { type Finding, type Notes, notesOn } from './finding.ts';

/** Longer starts are worth a word: so long the first search of a session waits for a server. */
const SLOW_MS = 3_000;
const MAX_CAUSE = 400;

/** How each server that was asked stands; what a command lacks was found before, and says it better. */
export function checkServers(
  asked: readonly AskedServer[],
  servers: readonly ServerConfig[],
  lacking: ReadonlyMap<string, readonly Finding[]>,
): readonly Finding[] {
  return asked.flatMap((server) => {
    const before = lacking.get(server.id) ?? [];
    if (before.length > 0 && server.state !== 'ready') return before;
    const config = servers.find(({ key }) => key === server.id);
    return config ? [...before, ...check(server, config)] : before;
  });
}

function check(server: AskedServer, config: ServerConfig): readonly Finding[] {
  const notes = notesOn('servers');
  if (server.state === 'ready') checkReady(server, config, notes);
  else if (server.state === 'needs_auth') notes.warning(server.id, 'needs login', loginCommand(server.id));
  else if (server.state === 'connecting')
    notes.error(
      server.id,
      `still connecting: no answer to ${server.waitsFor} within ${seconds(server.durationMs)}`,
      cureForSilence(config),
    );
  else notes.error(server.id, clip(server.error ?? '', MAX_CAUSE), cureForFailure(server.error ?? '', config));
  return notes.findings;
}

function checkReady({ id, durationMs, tools, protocol, transport }: AskedServer, config: ServerConfig, notes: Notes) {
  const speaks = `${protocol ?? 'an unknown revision'} over ${TRANSPORTS[transport ?? ''] ?? transport}`;
  const count = tools === 1 ? '1 tool' : `${tools} tools`;
  const stands = `${count}, ready in ${seconds(durationMs)}, ${speaks}`;
  if (durationMs > SLOW_MS) notes.warning(id, `slow to start: ${stands}`, cureForSlowness(config));
  else notes.ok(id, stands);
}

const TRANSPORTS: Readonly<Record<string, string>> = {
  stdio: 'stdio',
  streamable_http: 'Streamable HTTP',
  sse: 'SSE',
  websocket: 'WebSocket',
};

const REMEMBERED = 'Once its tools are remembered it starts at its first call, and that call waits';

/** What shortens the start of a server. */
function cureForSlowness(config: ServerConfig): string {
  if (config.type === 'remote') return `it is far away or busy: ask who runs it. ${REMEMBERED}`;
  const runner = runnerOf(config);
  if (runner === 'npx' || runner === 'bunx')
    return `${runner} looks for its package at each start: install it with npm install -g, and write its own program into command`;
  if (runner === 'uvx') return 'uvx builds an environment: uv tool install, and write its own program into command';
  if (runner === 'docker' || runner === 'podman')
    return `${runner} starts a container each time: pull its image before`;
  return `${REMEMBERED}; with "start": "eager" it starts with the session`;
}

function cureForSilence(config: ServerConfig): string {
  const longer = 'give it more time with --timeout';
  if (config.type === 'remote') return `${longer}, and see whether url is the address of an MCP server`;
  return RUNNERS.includes(runnerOf(config))
    ? `${longer}: a first start fetches what it runs`
    : `${longer}, and see whether its command starts an MCP server over stdio: such a one waits for input and prints nothing`;
}

const RUNNERS = ['npx', 'bunx', 'uvx', 'pipx', 'docker', 'podman'];

function runnerOf({ command }: ServerConfig & { readonly type: 'local' }): string {
  return basename(command[0] ?? '').replace(/\.(?:exe|cmd|bat)$/i, '');
}

/** Words of failures, and what helps. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [
    /\bthe proxy \S+ \((?:proxy|\w+_proxy)\)/i,
    'see to the proxy: it is named by what stands in brackets; "proxy": false in the entry goes without it',
  ],
  [/docker daemon/i, 'start Docker'],
  [/Cannot find module|No such file|can't open file/i, 'correct the path in command'],
  [/npm (?:error|ERR!).*(?:E404|404)/i, 'there is no package of that name: correct it in command'],
  [/ENOTFOUND|EAI_AGAIN/, 'correct the host in url, or see whether this machine is online'],
  [/ECONNREFUSED/, 'nothing listens there: start the server, or correct the port in url'],
  [/CERT|certificate/i, 'its certificate is not trusted: name the issuer in NODE_EXTRA_CA_CERTS'],
  [/\b(?:401|403)\b/, 'it refuses the credentials: correct headers, or take Authorization out to log in'],
  [/\b404\b/, 'correct the path in url: many servers are at /mcp'],
  [/\b5\d\d\b/, 'the server itself fails: ask who runs it'],
];

function cureForFailure(error: string, config: ServerConfig): string {
  const cure = CURES.find(([words]) => words.test(error))?.[1];
  if (cure !== undefined) return cure;
  if (config.type === 'remote') return 'see whether url is the address of an MCP server, and reachable from here';
  return 'run its command in a terminal to see what it lacks: an argument, a variable, a file';
}

function seconds(ms: number): string {
  return `${ms < 10_000 ? (ms / 1_000).toFixed(1) : Math.round(ms / 1_000)} s`;
}
