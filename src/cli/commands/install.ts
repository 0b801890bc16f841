import { realpath, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { formatPath } from '../../config/diagnostic.ts';
import { homeOf, resolveConfigPath } from '../../config/locate.ts';
import { displayText } from '../../core/invisible-characters.ts';
import type { JsonObject } from '../../core/json.ts';
import { expandHome } from '../../platform/home-directory.ts';
import { type Client, clientHome } from '../client-configs/client.ts';
import { CLIENTS } from '../client-configs/clients.ts';
import { findServers } from '../client-configs/found-servers.ts';
import { planImport } from '../client-configs/import-plan.ts';
import {
  type EntryChange,
  type Installation,
  type InstallParts,
  planInstall,
  planUndo,
  type TakenOver,
  withFolders,
} from '../client-configs/installation.ts';
import { entriesOf, readOurFile } from '../client-configs/our-file.ts';
import { ourState, readOurSecrets } from '../client-configs/our-secrets.ts';
import { keepOrigin, releaseOrigin, replaceFile } from '../client-configs/replace-file.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { displayPath } from '../terminal/text-layout.ts';
import type { CommandArguments } from './command.ts';
import { selfKnown, unknownClient } from './import.ts';
import { reportErrors, reportMisuse } from './report.ts';
import { isTemporary, stableCommand } from './stable-command.ts';

/**
 * Implements `mcp-gateway install <client>`: adds our entry to the client's file, or removes it, after a preview and a
 * question. Resolves with the exit code: 0 done, 1 failed, 2 misused.
 */
export async function install(args: CommandArguments, terminal: Terminal): Promise<number> {
  const client = CLIENTS.find(({ id }) => id === args.words[0]);
  const wrong = misuseOf(args, client, terminal);
  if (wrong !== undefined || client === undefined) return reportMisuse(terminal, 'install', wrong ?? '');
  return reportErrors(terminal, 'install', async () => {
    const planned = await plan(client, args, terminal);
    terminal.write(preview(client, planned, terminal));
    if (planned.after === planned.text) return 0;
    if (await isAgreed(args, terminal)) terminal.write(`${await carryOut(planned, !args.undo, terminal)}\n`);
    else terminal.write(`Nothing was written${terminal.ask ? '' : ': --yes writes it'}.\n`);
    return 0;
  });
}

function misuseOf(args: CommandArguments, client: Client | undefined, terminal: Terminal): string | undefined {
  const [name] = args.words;
  if (name === undefined) return `names no client (known: ${CLIENTS.map(({ id }) => id).join(', ')})`;
  if (args.words.length > 1) return `found ${args.words.length} arguments, expected one client`;
  if (client === undefined) return unknownClient(name);
  const isRunner = args.runner === undefined || ['npx', 'bunx'].includes(args.runner);
  if (!isRunner) return `found --runner ${JSON.stringify(args.runner)}, expected npx or bunx`;
  if (args.runner !== undefined && args.package === undefined)
    return '--runner wants --package: the name mcp-gateway on the npm registry belongs to another package';
  const inProject = client.places(clientHome(terminal)).some(({ scope }) => scope === 'project');
  return args.project && !inProject ? `${client.name} has no file in a project` : undefined;
}

async function plan(client: Client, args: CommandArguments, terminal: Terminal): Promise<Installation> {
  const home = clientHome(terminal);
  const path = resolveConfigPath({ env: terminal.env });
  const self = await selfKnown(path, terminal);
  const scope = args.project ? 'project' : 'user';
  if (args.undo) return planUndo(client, scope, { home, self });
  const takenOver = args.keep ? undefined : await takenOverBy(client, path, { home, self });
  const command = [...commandOf(args, terminal), ...(args.shared ? ['--shared'] : [])];
  return planInstall(client, scope, { home, self, command, takenOver });
}

/**
 * Returns a function that finds servers of a client in our file at `path`: those that an import would not add again and
 * that are switched on.
 */
async function takenOverBy(
  client: Client,
  path: string,
  known: Pick<InstallParts, 'home' | 'self'>,
): Promise<TakenOver> {
  const file = await readOurFile(path);
  const existing = entriesOf(file);
  const secrets = await readOurSecrets(file, known.home);
  const roots = (await findServers([client], known.home)).servers.map(({ root }) => root);
  const { servers } = await findServers([client], withFolders(client, known.home, roots));
  const had = planImport(servers, { ...known, ...ourState(file, secrets) }).servers.filter(
    // A server with a newer secret or another switch stays, because only the client's file holds that.
    ({ outcome, as = '', renewed, off }) =>
      outcome === 'same' && existing.get(as) && existing.get(as)?.enabled !== false && !renewed && !off,
  );
  const byPlace = new Map(had.map(({ file, place, unset = [] }) => [`${file}: ${place}`, { unset }]));
  return (place, key) => byPlace.get(`${place.path}: ${formatPath([...place.at, key])}`);
}

/** Returns the command for our entry: from `--package`, else the running bin by its own path. */
function commandOf(args: CommandArguments, { self, cwd, env }: Terminal): readonly string[] {
  if (args.package === undefined) return stableCommand(self);
  const isFile = /^[.~]|[\\/].*\.tgz$|^[^@].*\.tgz$/.test(args.package) && !/^\w+:/.test(args.package);
  const spec = isFile ? resolve(cwd, expandHome(args.package, homeOf(env))) : args.package;
  return args.runner === 'bunx'
    ? ['bunx', '--package', spec, 'mcp-gateway']
    : ['npx', '-y', '--package', spec, 'mcp-gateway'];
}

/**
 * Returns a text with the change of our entry; of other servers only the names, because their entries may hold secrets.
 */
function preview(client: Client, { own, others, waiting, text, after }: Installation, terminal: Terminal): string {
  const { place, key, from, to } = own;
  const name = `${client.name}, ${displayPath(place.path, clientHome(terminal).home)}`;
  if (after === text)
    return `${name}: ${from ? `is there already, as ${displayText(key)}` : 'has no entry of the gateway'}\n`;
  const temporary = commandIn(to).find((word) => word.endsWith('.tgz') && isTemporary(word));
  return [
    `${name}: ${displayText(formatPath([...place.at, key]))}`,
    ...(isDeepStrictEqual(from, to) ? [] : [...diffLines('-', from), ...diffLines('+', to)]),
    ...others.map(otherLine),
    ...waiting.map(
      (server) =>
        `  = ${pathOf(server)}  stays until ${server.unset.join(', ')} ${server.unset.length === 1 ? 'is' : 'are'} set`,
    ),
    ...(temporary ? [`${displayText(temporary)} is in a folder that may be cleared: better keep it elsewhere`] : []),
    '',
  ].join('\n');
}

function otherLine(change: EntryChange): string {
  const path = pathOf(change);
  return change.to ? `  + ${path}  as it was` : `  - ${path}  the gateway has it (--keep leaves it)`;
}

function pathOf({ place, key }: Pick<EntryChange, 'place' | 'key'>): string {
  return displayText(formatPath([...place.at, key]));
}

/** Returns program and arguments of an entry, in the fields of any client. */
function commandIn({ command, args }: JsonObject = {}): string[] {
  return [command, args].flat().filter((word) => typeof word === 'string');
}

function diffLines(mark: string, entry: JsonObject | undefined): string[] {
  if (entry === undefined) return [];
  return JSON.stringify(entry, undefined, 2)
    .split('\n')
    .map((line) => `  ${mark} ${displayText(line)}`);
}

async function isAgreed({ yes }: CommandArguments, { ask }: Terminal): Promise<boolean> {
  return yes || ((await ask?.('Write it?')) ?? false);
}

/**
 * Writes the file. Keeps the text from before the first install until the undo; each later install keeps a dated
 * backup.
 */
async function carryOut(
  { own: { place }, text, after, origin }: Installation,
  isInstall: boolean,
  terminal: Terminal,
): Promise<string> {
  const { home } = clientHome(terminal);
  const first =
    isInstall && origin !== undefined ? await keepOrigin(place.path, origin, text !== undefined) : undefined;
  if (!isInstall) await releaseOrigin(place.path, after);
  if (after === undefined) {
    // A link to the file stays, because it existed before the file.
    await rm(await realpath(place.path));
    return `Removed ${displayPath(place.path, home)}, which held nothing else`;
  }
  const isKept = isInstall && origin === undefined;
  const backup = (await replaceFile({ path: place.path, before: text, after, backup: isKept })) ?? first;
  return `Wrote ${displayPath(place.path, home)}${backup ? `; as it was: ${displayPath(backup, home)}` : ''}`;
}
