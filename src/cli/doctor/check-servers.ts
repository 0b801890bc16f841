import { basename, resolve } from 'node:path';
import type { ServerConfig } from '../../config/schema.ts';
import { causeOf, clip } from '../../core/errors.ts';
import { loginCommand } from '../../core/server-state.ts';
import { workingDirectory } from '../../platform/directories.ts';
import { findProgram, isFile, isFolder, type ProgramPlace } from '../../platform/find-program.ts';
import { proxyFor, shownProxy } from '../../platform/outbound/proxy.ts';
import type { AskedServer } from './ask-servers.ts';
import { type Finding, type Notes, notesOn } from './finding.ts';

/**
 * Duration in ms from which on a start is reported as slow: the first search of a session waits this long for a server.
 */
const SLOW_MS = 3_000;
const MAX_CAUSE = 400;

/**
 * Reports the state of each asked server. For a server that is not ready and whose command lacks a program or file,
 * reports only the latter, which is more precise.
 */
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

/** Returns the cure for a slow start. */
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

/** Patterns of error messages and their cures. */
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

/** Reports the proxies for remote servers, and their logins without passwords. */
export function checkWays(servers: readonly ServerConfig[]): readonly Finding[] {
  const notes = notesOn('servers');
  for (const server of servers) {
    if (server.type === 'local') continue;
    try {
      const proxy = proxyFor(new URL(server.url), server.proxy);
      if (proxy) notes.ok(server.key, `through the proxy ${shownProxy(proxy)}`);
    } catch (error) {
      notes.error(
        server.key,
        causeOf(error),
        'correct it, or take this server out of it with NO_PROXY or "proxy": false',
      );
    }
  }
  return notes.findings;
}

type LocalServer = ServerConfig & { readonly type: 'local' };

/** Instructions to install the programs that start servers. */
const PACKAGES: Readonly<Record<string, string>> = {
  npx: 'install Node.js, which brings npx: https://nodejs.org/en/download',
  node: 'install Node.js: https://nodejs.org/en/download',
  bunx: 'install Bun, which brings bunx: npm install -g bun',
  bun: 'install Bun: npm install -g bun',
  pnpm: 'install pnpm: npm install -g pnpm',
  deno: 'install Deno: https://docs.deno.com/runtime/getting_started/installation',
  uvx: 'install uv, which brings uvx: https://docs.astral.sh/uv/getting-started/installation',
  uv: 'install uv: https://docs.astral.sh/uv/getting-started/installation',
  pipx: 'install pipx: https://pipx.pypa.io/stable/installation',
  python: 'install Python (some systems call it python3 only): https://www.python.org/downloads',
  python3: 'install Python: https://www.python.org/downloads',
  docker: 'install Docker: https://docs.docker.com/get-started/get-docker',
  podman: 'install Podman: https://podman.io/docs/installation',
  go: 'install Go: https://go.dev/doc/install',
  java: 'install a Java runtime: https://adoptium.net',
  dotnet: 'install .NET: https://dotnet.microsoft.com/download',
};
/** Programs whose first argument that is no option is the file that they run. */
const INTERPRETERS = /^(?:node|bun|deno|python\d*|ruby|perl|bash|sh|tsx)(?:\.exe)?$/;

/** Finds missing programs and files that the commands of local servers need; returns findings by server. */
export async function checkCommands(
  servers: readonly ServerConfig[],
  surroundings: ProgramPlace,
): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const locals = servers.filter((server): server is LocalServer => server.type === 'local');
  const checked = await Promise.all(
    locals.map(async (server) => [server.key, await checkCommand(server, surroundings)]),
  );
  return new Map(checked as [string, readonly Finding[]][]);
}

async function checkCommand(server: LocalServer, around: ProgramPlace) {
  const { key, command, environment } = server;
  const notes = notesOn('servers');
  const cwd = resolve(around.cwd, workingDirectory(server));
  const place = { ...around, cwd, env: { ...around.env, ...environment } };
  if (server.cwd !== undefined && !(await isFolder(cwd)))
    notes.error(key, `cwd ${cwd} is no folder`, 'make the folder, or correct cwd');
  await checkProgram(key, command, place, notes);
  return notes.findings;
}

async function checkProgram(key: string, command: readonly string[], place: ProgramPlace, notes: Notes) {
  const [program = '', ...args] = command;
  const found = await findProgram(program, place);
  if ('missing' in found) return notes.error(key, `command cannot start: ${found.missing}`, cureFor(program));
  const [script = ''] = args;
  const isScript = INTERPRETERS.test(basename(program)) && /[\\/.]/.test(script) && /^[^-]/.test(script);
  if (isScript && !/^\w+:/.test(script) && !(await isFile(resolve(place.cwd, script))) && script.includes('.'))
    notes.error(key, `there is no file ${resolve(place.cwd, script)}`, 'correct the path in command');
}

function cureFor(program: string): string {
  const name = basename(program).replace(/\.(?:exe|cmd|bat)$/i, '');
  const isPlain = basename(program) === program;
  if (isPlain && Object.hasOwn(PACKAGES, name))
    return `${PACKAGES[name]} (a client may have another PATH than your shell)`;
  if (!isPlain) return 'correct the path in command';
  return `install ${name}, or write its absolute path into command`;
}
