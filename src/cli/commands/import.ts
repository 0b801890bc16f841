import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { suggestion } from '../../config/diagnostic.ts';
import { loadConfig } from '../../config/load.ts';
import { resolveConfigPath } from '../../config/locate.ts';
import type { JsonObject } from '../../core/json.ts';
import { nearest } from '../../core/nearest.ts';
import { expandHome } from '../../platform/home-directory.ts';
import { realPath } from '../../platform/real-path.ts';
import { anyFile, SHAPES } from '../client-configs/any-file.ts';
import { type Client, clientHome, projectAbove } from '../client-configs/client.ts';
import { CLIENTS } from '../client-configs/clients.ts';
import { type FoundServers, findServers, usersFirst } from '../client-configs/found-servers.ts';
import { type ImportPlan, planImport } from '../client-configs/import-plan.ts';
import { type Self, selfOf } from '../client-configs/our-entry.ts';
import {
  type OurFile,
  parseOurFile,
  readOurFile,
  switchServers,
  withRules,
  withServers,
  withSetting,
} from '../client-configs/our-file.ts';
import { addSecrets, type OurSecrets, ourState, readOurSecrets } from '../client-configs/our-secrets.ts';
import { replaceFile } from '../client-configs/replace-file.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { displayPath } from '../terminal/text-layout.ts';
import type { CommandArguments } from './command.ts';
import { count, importPreview, nextStep, nothingNew, stillNeeded } from './import-preview.ts';
import { reportErrors, reportMisuse } from './report.ts';

/** A planned import and the files that it concerns. */
interface Draft {
  readonly found: FoundServers;
  readonly plan: ImportPlan;
  readonly file: OurFile;
  readonly added: ReadonlyMap<string, JsonObject>;
  /** File to which the secrets are written; undefined if they stay in the client's file. */
  readonly secrets?: OurSecrets | undefined;
}

/**
 * Implements `mcp-gateway import [client…]`: copies the servers of other clients into our file, after a preview and a
 * question. Resolves with the exit code: 0 done, 1 if a file is broken or cannot be written, 2 misused.
 */
export async function importServers(args: CommandArguments, terminal: Terminal): Promise<number> {
  const clients = clientsOf(args.words, terminal);
  if (typeof clients === 'string') return reportMisuse(terminal, 'import', clients);
  return reportErrors(terminal, 'import', async () => {
    const draft = await drafted(clients, args, terminal);
    if (!args.json) terminal.write(importPreview(draft, clientHome(terminal).home));
    const written = await decided(draft, args, terminal);
    if (args.json) terminal.write(`${JSON.stringify(asJson(draft, written), undefined, 2)}\n`);
    return draft.found.problems.length > 0 ? 1 : 0;
  });
}

/** Returns the clients that the words name, or a text with the flaw of the words. */
function clientsOf(sources: readonly string[], terminal: Terminal): readonly Client[] | string {
  if (sources.length === 0) return CLIENTS;
  const home = clientHome(terminal);
  const clients: Client[] = [];
  for (const source of sources) {
    const client = CLIENTS.find(({ id }) => id === source);
    const path = resolve(terminal.cwd, expandHome(source, home.home));
    const isPath = /[\\/.]/.test(source) || existsSync(path);
    if (client === undefined && !isPath) return `${unknownClient(source)}; of any other client name the file`;
    clients.push(client ?? anyFile(path, home));
  }
  return clients;
}

/** Returns the message for an unknown name of a client. */
export function unknownClient(name: string): string {
  const ids = CLIENTS.map(({ id }) => id);
  return `unknown client ${JSON.stringify(name)}${suggestion(nearest(name, ids))} (known: ${ids.join(', ')})`;
}

async function drafted(clients: readonly Client[], args: CommandArguments, terminal: Terminal): Promise<Draft> {
  const { config, 'leave-secrets': leaveSecrets } = args;
  const path = resolveConfigPath({ argument: config && resolve(terminal.cwd, config), env: terminal.env });
  const file = await readOurFile(path);
  const around = clientHome(terminal);
  const home = { ...around, above: projectAbove(around.cwd, around.home) };
  const secrets = await readOurSecrets(file, home);
  const self = await selfKnown(path, terminal);
  const found = await findServers(clients, home);
  const servers = usersFirst(found.servers);
  const problems = [...found.problems, ...clients.flatMap((client) => emptyFile(client, found))];
  const plan = planImport(servers, { home, self, ...ourState(file, secrets, leaveSecrets) });
  const added = plan.servers.flatMap(({ outcome, as, entry }): [string, JsonObject][] =>
    outcome === 'added' && as !== undefined && entry !== undefined ? [[as, entry]] : [],
  );
  const isKept = secrets !== undefined && !leaveSecrets && plan.secrets.size > 0;
  return { found: { ...found, servers, problems }, plan, file, added: new Map(added), ...(isKept && { secrets }) };
}

/** Returns the reason why a file that the user named has no servers. */
function emptyFile(client: Client, { servers, files, problems }: FoundServers): string[] {
  const { id } = client;
  if (CLIENTS.includes(client) || problems.some((problem) => problem.startsWith(id))) return [];
  if (!files.includes(id)) return [`${id}: there is no such file`];
  return servers.some((server) => server.client === client) ? [] : [`${id}: no servers in it; looked for ${SHAPES}`];
}

/** Returns the properties of entries that lead to this gateway. */
export async function selfKnown(path: string, { env, self: [, bin] }: Terminal): Promise<Self> {
  const { settings } = await loadConfig(path, env);
  return selfOf(settings, [bin, realPath(bin)]);
}

interface Written {
  readonly backup?: string | undefined;
}

/** Asks the user and writes the import; undefined if nothing was written. */
async function decided(draft: Draft, args: CommandArguments, terminal: Terminal): Promise<Written | undefined> {
  const { file } = draft;
  const say = args.json ? () => {} : terminal.write;
  const name = displayPath(file.path, clientHome(terminal).home);
  const what = whatIsNew(draft);
  if (what === '') say(nothingNew(draft));
  if (what === '' || args['dry-run']) return undefined;
  const agreed = args.yes || (!args.json && (await terminal.ask?.(`Write ${what} to ${name}?`)));
  if (!agreed) {
    say(terminal.ask ? 'Nothing was written.\n' : `Nothing was written: --yes writes ${what} to ${name}.\n`);
    return undefined;
  }
  const backup = await written(draft);
  say(`Wrote ${name}${backup ? `; as it was: ${displayPath(backup, clientHome(terminal).home)}` : ''}\n`);
  say(nextStep(draft));
  return { backup };
}

/**
 * Returns the numbers of new servers, or else of new secrets and rules, and of servers to switch off; an empty string
 * if nothing is new.
 */
function whatIsNew({ added, secrets, plan }: Draft): string {
  const { first, later } = plan.rules;
  const rules = first.length + later.length;
  const parts = [
    ...(added.size > 0 ? [count(added.size, 'server')] : []),
    ...(secrets && added.size === 0 ? [count(plan.secrets.size, 'secret')] : []),
    ...(rules > 0 && added.size === 0 ? [count(rules, 'rule')] : []),
    ...(plan.off.length > 0 ? [`the end of ${count(plan.off.length, 'server')}`] : []),
  ];
  return parts.join(' and ');
}

/**
 * Writes the secrets first, so that no written entry refers to a missing one, then our file. Resolves with the path of
 * the backup.
 */
async function written({ file, added, secrets, plan }: Draft): Promise<string | undefined> {
  const { first, later } = plan.rules;
  const setting = secrets?.setting;
  const switched = plan.off.length > 0 ? await switchServers(file, plan.off, false) : file.text;
  const servers = added.size > 0 ? await withServers(await parseOurFile(file.path, switched), added) : switched;
  const isRuled = first.length + later.length > 0;
  const ruled = isRuled ? await withRules({ ...file, text: servers }, plan.rules) : servers;
  const after = setting ? await withSetting({ ...file, text: ruled }, 'secrets', setting) : ruled;
  if (secrets) await addSecrets(secrets, plan.secrets);
  if (after === undefined || after === file.text) return undefined;
  return replaceFile({ path: file.path, before: file.text, after, backup: true });
}

function asJson(draft: Draft, done: Written | undefined): JsonObject {
  const { found, plan, file, secrets } = draft;
  return {
    file: file.path,
    written: done !== undefined,
    ...(done?.backup !== undefined && { backup: done.backup }),
    servers: plan.servers,
    needed: stillNeeded(draft),
    ...(secrets && { secrets: { file: secrets.path, names: [...plan.secrets.keys()] } }),
    problems: found.problems,
  };
}
