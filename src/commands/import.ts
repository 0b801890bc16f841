import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Client, ClientHome } from '../clients/client.ts';
import { CLIENTS } from '../clients/clients.ts';
import { type FoundServers, findServers } from '../clients/found-servers.ts';
import { type ImportPlan, planImport } from '../clients/import-plan.ts';
import { type Self, selfOf } from '../clients/our-entry.ts';
import { entriesOf, type OurFile, readOurFile, withServers, withSetting } from '../clients/our-file.ts';
import { addSecrets, type OurSecrets, readOurSecrets } from '../clients/our-secrets.ts';
import { plainFile } from '../clients/plain-file.ts';
import { replaceFile } from '../clients/replace-file.ts';
import { expandHome } from '../config/expand-home.ts';
import { suggestion } from '../config/finding.ts';
import { loadConfig } from '../config/load.ts';
import { resolveConfigPath } from '../config/locate.ts';
import { nearest } from '../config/nearest.ts';
import type { JsonObject } from '../core/json.ts';
import { importPreview, stillNeeded } from './import-preview.ts';
import { clientHome, misused, reporting, shownPath, type Terminal } from './terminal.ts';

export interface ImportArguments {
  /** Ids of clients, or paths of files; empty: every client. */
  readonly sources: readonly string[];
  /** Our file; absent: found where configurations are. */
  readonly config?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** Secrets stay where they are; whoever starts the gateway has to set the variables. */
  readonly leaveSecrets?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** An import as it was worked out. */
interface Draft {
  readonly found: FoundServers;
  readonly plan: ImportPlan;
  readonly file: OurFile;
  readonly added: ReadonlyMap<string, JsonObject>;
  /** Where the secrets of what is added go; undefined: they stay where they are. */
  readonly secrets?: OurSecrets | undefined;
}

/**
 * `mcp-gateway import [client…]`: the servers of other clients into our file, after a preview and a question. Resolves
 * with the exit code: 0 done, 1 where a file is broken or nothing could be written, 2 misused.
 */
export async function importServers(args: ImportArguments, terminal: Terminal): Promise<number> {
  const clients = clientsOf(args.sources, terminal);
  if (typeof clients === 'string') return misused(terminal, 'import', clients);
  return reporting(terminal, 'import', async () => {
    const draft = await drafted(clients, args, terminal);
    if (!args.json) terminal.write(importPreview(draft, clientHome(terminal).home));
    const written = await decided(draft, args, terminal);
    if (args.json) terminal.write(`${JSON.stringify(asJson(draft, written), undefined, 2)}\n`);
    return draft.found.problems.length > 0 ? 1 : 0;
  });
}

/** The clients that are meant, or what is wrong with the words. */
function clientsOf(sources: readonly string[], { cwd, env }: Terminal): readonly Client[] | string {
  if (sources.length === 0) return CLIENTS;
  const clients: Client[] = [];
  for (const source of sources) {
    const client = CLIENTS.find(({ id }) => id === source);
    const isPath = /[\\/.]/.test(source);
    if (client === undefined && !isPath) return unknownClient(source);
    clients.push(client ?? plainFile(resolve(cwd, expandHome(source, env.HOME ?? ''))));
  }
  return clients;
}

/** What is wrong with the name of a client. */
export function unknownClient(name: string): string {
  const ids = CLIENTS.map(({ id }) => id);
  return `unknown client ${JSON.stringify(name)}${suggestion(nearest(name, ids))} (known: ${ids.join(', ')})`;
}

async function drafted(clients: readonly Client[], args: ImportArguments, terminal: Terminal): Promise<Draft> {
  const { config, leaveSecrets } = args;
  const path = resolveConfigPath({ argument: config && resolve(terminal.cwd, config), env: terminal.env });
  const file = await readOurFile(path);
  const { home, secrets } = await withOurSecrets(file, clientHome(terminal));
  const self = await selfKnown(path, terminal);
  const found = await findServers(clients, home);
  const missing = clients
    .filter((client) => !CLIENTS.includes(client) && !found.files.includes(client.id))
    .filter(({ id }) => !found.problems.some((problem) => problem.startsWith(id)));
  const problems = [...found.problems, ...missing.map(({ id }) => `${id}: there is no such file`)];
  const plan = planImport(found.servers, { home, self, existing: entriesOf(file) });
  const added = plan.servers.flatMap(({ outcome, as, entry }): [string, JsonObject][] =>
    outcome === 'added' && as !== undefined && entry !== undefined ? [[as, entry]] : [],
  );
  const isKept = !leaveSecrets && plan.secrets.size > 0;
  return { found: { ...found, problems }, plan, file, added: new Map(added), ...(isKept && { secrets }) };
}

/** Those secrets count as variables that are set. */
export async function withOurSecrets(
  file: OurFile,
  home: ClientHome,
): Promise<{ readonly home: ClientHome; readonly secrets: OurSecrets | undefined }> {
  const secrets = await readOurSecrets(file, home);
  return { home: { ...home, env: { ...secrets?.values, ...home.env } }, secrets };
}

/** What tells entries that lead to this gateway. */
export async function selfKnown(path: string, { env, self: [, bin] }: Terminal): Promise<Self> {
  const { settings } = await loadConfig(path, env);
  return selfOf(settings, [bin, realPath(bin)]);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

interface Written {
  readonly backup?: string | undefined;
}

/** Undefined: nothing was written. */
async function decided(draft: Draft, args: ImportArguments, terminal: Terminal): Promise<Written | undefined> {
  const { file, added } = draft;
  const say = args.json ? () => {} : terminal.write;
  if (added.size === 0 || args.dryRun) return undefined;
  const name = shownPath(file.path, clientHome(terminal).home);
  const servers = added.size === 1 ? '1 server' : `${added.size} servers`;
  const agreed = args.yes || (!args.json && (await terminal.ask?.(`Write ${servers} to ${name}?`)));
  if (!agreed) {
    say(terminal.ask ? 'Nothing was written.\n' : `Nothing was written: --yes writes ${servers} to ${name}.\n`);
    return undefined;
  }
  const { secrets, plan } = draft;
  const setting = secrets?.setting;
  const text = await withServers(file, added);
  const after = setting ? await withSetting({ ...file, text: text }, 'secrets', setting) : text;
  if (secrets) await addSecrets(secrets, plan.secrets);
  const backup = await replaceFile({ path: file.path, before: file.text, after, backup: true });
  say(`Wrote ${name}${backup ? `; as it was: ${shownPath(backup, clientHome(terminal).home)}` : ''}\n`);
  return { backup };
}

function asJson(draft: Draft, written: Written | undefined): JsonObject {
  const { found, plan, file, secrets } = draft;
  return {
    file: file.path,
    written: written !== undefined,
    ...(written?.backup !== undefined && { backup: written.backup }),
    servers: plan.servers,
    needed: stillNeeded(draft),
    ...(secrets && { secrets: { file: secrets.path, names: [...plan.secrets.keys()] } }),
    problems: found.problems,
  };
}
