import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Client } from '../clients/client.ts';
import { CLIENTS } from '../clients/clients.ts';
import { type FoundServers, findServers } from '../clients/found-servers.ts';
import { type ImportPlan, planImport } from '../clients/import-plan.ts';
import { type Self, selfOf } from '../clients/our-entry.ts';
import { entriesOf, type OurFile, readOurFile, withServers } from '../clients/our-file.ts';
import { plainFile } from '../clients/plain-file.ts';
import { replaceFile } from '../clients/replace-file.ts';
import { expandHome } from '../config/check.ts';
import { suggestion } from '../config/finding.ts';
import { loadConfig, resolveConfigPath } from '../config/load.ts';
import { nearest } from '../config/nearest.ts';
import type { JsonObject } from '../core/json.ts';
import { importPreview } from './import-preview.ts';
import { clientHome, misused, reporting, shownPath, type Terminal } from './terminal.ts';

export interface ImportArguments {
  /** Ids of clients, or paths of files; empty: every client. */
  readonly sources: readonly string[];
  /** Our file; absent: found where configurations are. */
  readonly config?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** An import as it was worked out. */
interface Draft {
  readonly found: FoundServers;
  readonly plan: ImportPlan;
  readonly file: OurFile;
  readonly added: ReadonlyMap<string, JsonObject>;
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

async function drafted(clients: readonly Client[], { config }: ImportArguments, terminal: Terminal): Promise<Draft> {
  const home = clientHome(terminal);
  const path = resolveConfigPath({ argument: config && resolve(terminal.cwd, config), env: terminal.env });
  const file = await readOurFile(path);
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
  return { found: { ...found, problems }, plan, file, added: new Map(added) };
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
  const after = await withServers(file, added);
  const backup = await replaceFile({ path: file.path, before: file.text, after, backup: true });
  say(`Wrote ${name}${backup ? `; as it was: ${shownPath(backup, clientHome(terminal).home)}` : ''}\n`);
  return { backup };
}

function asJson({ found, plan, file }: Draft, written: Written | undefined): JsonObject {
  return {
    file: file.path,
    written: written !== undefined,
    ...(written?.backup !== undefined && { backup: written.backup }),
    servers: plan.servers,
    needed: plan.needed,
    problems: found.problems,
  };
}
