import { basename, resolve } from 'node:path';
import type { ServerConfig } from '../../config/schema.ts';
import { findProgram, isFile, isFolder, type ProgramPlace } from '../../platform/find-program.ts';
import { workingDirectory } from '../../platform/working-directory.ts';
import { type Finding, type Notes, notesOn } from './finding.ts';

type LocalServer = ServerConfig & { readonly type: 'local' };

/** How to come by the programs that start servers. */
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
/** Programs whose first plain argument is a file that they run. */
const INTERPRETERS = /^(?:node|bun|deno|python\d*|ruby|perl|bash|sh|tsx)(?:\.exe)?$/;

/** What the commands of local servers need and what is not there: findings by server. */
export async function checkCommands(
  servers: readonly ServerConfig[],
  surroundings: ProgramPlace,
): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const locals = servers.filter((server): server is LocalServer => server.type === 'local');
  const checked = await Promise.all(locals.map(async (server) => [server.key, await check(server, surroundings)]));
  return new Map(checked as [string, readonly Finding[]][]);
}

async function check(server: LocalServer, around: ProgramPlace) {
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
