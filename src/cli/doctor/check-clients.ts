import { isAbsolute } from 'node:path';
import { isFile } from '../../platform/find-program.ts';
import type { Client, ClientHome } from '../client-configs/client.ts';
import type { FoundServer, FoundServers } from '../client-configs/found-servers.ts';
import { type ImportPlan, type PlannedServer, planImport } from '../client-configs/import-plan.ts';
import { leadsToUs, type Self } from '../client-configs/our-entry.ts';
import type { ourState } from '../client-configs/our-secrets.ts';
import { type Finding, listed, type Notes, notesOn } from './finding.ts';

/** Reports the clients that use the gateway, and the servers that they still start themselves. */
export async function checkClients(found: FoundServers, parts: ClientParts): Promise<readonly Finding[]> {
  const notes = notesOn('clients');
  for (const problem of found.problems) {
    const [, file = '', cause = problem] = /^(.*?): (.*)$/s.exec(problem) ?? [];
    notes.warning(file, cause, 'correct it: its client cannot read it either');
  }
  const active = each(found.servers).filter(isStarted);
  const ours = active.filter(({ entry }) => leadsToUs(entry, parts.self));
  for (const client of new Set(active.map((server) => server.client))) {
    const own = (servers: readonly FoundServer[]) => servers.filter((server) => server.client === client);
    const direct = own(active).filter((server) => !ours.includes(server));
    checkClient({ client, ours: own(ours), direct }, parts, notes);
  }
  for (const server of ours) await checkEntry(server, notes);
  if (ours.length === 0)
    notes.warning('clients', 'none has an entry of the gateway', 'mcp-gateway install <client>, such as claude-code');
  return notes.findings;
}

/** True if the client starts the server: neither its entry nor a decision of the user switches it off. */
function isStarted({ entry, verdict: { out, off } }: FoundServer): boolean {
  return entry.enabled !== false && entry.disabled !== true && out === undefined && off === undefined;
}

/**
 * Removes duplicates: if the home directory is the working directory, a file counts as the user's and the project's.
 */
function each(servers: readonly FoundServer[]): readonly FoundServer[] {
  const places = servers.map(({ client, place, key }) => [client.id, place.path, ...place.at, key].join('\n'));
  return servers.filter((_, index) => places.indexOf(places[index] ?? '') === index);
}

function checkClient(servers: ClientServers, parts: ClientParts, notes: Notes): void {
  const { client, ours, direct } = servers;
  const place = [client.name, ...new Set(direct.map((server) => server.place.path))].join(', ');
  if (direct.length === 0) notes.ok(place, 'goes through the gateway');
  else if (ours.length === 0) notes.ok(place, `starts ${count(direct)} by itself, and does not go through the gateway`);
  else
    for (const { cause, cure } of adviseDirectServers(servers, parts))
      if (cure === undefined) notes.ok(place, cause);
      else notes.warning(place, cause, cure);
}

function count(servers: readonly FoundServer[]): string {
  return servers.length === 1 ? '1 server' : `${servers.length} servers`;
}

/** Reports an entry of ours that names a missing file or a wrong program. */
async function checkEntry({ client, place, key, entry }: FoundServer, notes: Notes): Promise<void> {
  const words = [entry.command, entry.args].flat().filter((word) => typeof word === 'string');
  const where = `${client.name}, ${place.path}: ${key}`;
  const install = `mcp-gateway install ${client.id}${place.scope === 'project' ? ' --project' : ''}`;
  // An install does not replace a user's entry for a single project.
  const cure = place.scope === 'local' ? `take it out of that file, then ${install}` : install;
  for (const word of words)
    if (isAbsolute(word) && /\.(?:tgz|[cm]?js|ts)$/.test(word) && !(await isFile(word)))
      notes.error(where, `starts ${word}, which is not there`, cure);
  const isRunner = /(?:^|[\\/])(?:npx|bunx)(?:\.cmd)?$/.test(words[0] ?? '');
  const hasPackage = words.some((word) => /^(?:-p|--package)(?:=|$)/.test(word));
  const plain = words.slice(1).find((word) => !word.startsWith('-'));
  if (isRunner && !hasPackage && /^mcp-gateway(?:@|$)/.test(plain ?? ''))
    notes.error(where, 'starts another package: the name mcp-gateway on the npm registry is not ours', cure);
}

export interface ClientParts {
  readonly home: ClientHome;
  readonly self: Self;
  /** Contents of our files, in the form that an import and an install use. */
  readonly ours: ReturnType<typeof ourState>;
}

/** The servers that one client starts: `ours` lead to the gateway, `direct` do not. */
export interface ClientServers {
  readonly client: Client;
  readonly ours: readonly FoundServer[];
  readonly direct: readonly FoundServer[];
}

/** Advice on servers that a client starts itself although it uses the gateway. */
interface Advice {
  /** End of the sentence that begins with "starts a and b by itself". */
  readonly fact: string;
  /** Steps of the cure, in order; absent if the servers may stay where they are. */
  readonly steps?: readonly string[];
}

const TAKE_OUT = 'take it out of that file';
const TAKE_THEM_OUT = 'take them out of that file';

/** Returns cause and cure for each kind of direct server; both agree with the effects of an import and an install. */
function adviseDirectServers(
  servers: ClientServers,
  parts: ClientParts,
): readonly { readonly cause: string; readonly cure: string | undefined }[] {
  const { direct } = servers;
  const plan = planImport(direct, { home: parts.home, self: parts.self, ...parts.ours });
  const groups = new Map<string, { readonly advice: Advice; readonly keys: string[] }>();
  for (const [index, planned] of plan.servers.entries()) {
    const advice = adviceOn(planned, plan, parts, { ...servers, direct: direct.slice(index, index + 1) });
    const kind = JSON.stringify(advice);
    const group = groups.get(kind) ?? { advice, keys: [] };
    group.keys.push(planned.key);
    groups.set(kind, group);
  }
  return [...groups.values()].map(({ advice: { fact, steps }, keys }) => {
    const cure = steps?.join(', then ');
    const cause = `starts ${listed(keys)} by itself${fact}`;
    return { cause, cure: keys.length === 1 ? cure : cure?.replace(TAKE_OUT, TAKE_THEM_OUT) };
  });
}

function adviceOn(planned: PlannedServer, plan: ImportPlan, { ours }: ClientParts, servers: ClientServers): Advice {
  const { outcome, as = '', reason, renewed, unset = [] } = planned;
  const importIt = `mcp-gateway import ${servers.client.id}`;
  if (outcome === 'refused') return { fact: `, and import leaves it there: ${reason}` };
  if (outcome !== 'same' || !ours.existing.has(as)) {
    const missing = plan.needed.filter(({ name, server }) => server === as && !isImported(name, plan, ours));
    const fact = ', beside the gateway';
    if (missing.length === 0) return { fact, steps: [importIt, TAKE_OUT] };
    return { fact, steps: [importIt, setVariables(missing.map(({ name }) => name)), installStep(servers)] };
  }
  if (ours.existing.get(as)?.enabled === false)
    return { fact: `; the gateway has it switched off, and mcp-gateway enable ${as} switches it on` };
  if (renewed) return { fact: ', with other secrets than the gateway has', steps: [importIt, TAKE_OUT] };
  if (unset.length === 0) return { fact: ', as the gateway does', steps: [TAKE_OUT] };
  const step = unset.every((name) => isImported(name, plan, ours)) ? importIt : setVariables(unset);
  const fact = `; the gateway cannot until ${listed(unset)} ${unset.length === 1 ? 'is' : 'are'} set`;
  return { fact, steps: [step, installStep(servers)] };
}

/** True if an import would copy the value of a variable into our file of secrets. */
function isImported(name: string, { secrets }: ImportPlan, { keeping }: ClientParts['ours']): boolean {
  return keeping === 'secrets' && secrets.has(name);
}

function setVariables(names: readonly string[]): string {
  return `set ${listed(names)} where the gateway starts`;
}

/** Returns the step that removes a server: an install if the same file has our entry, else an edit by the user. */
function installStep({ client, ours, direct }: ClientServers): string {
  const [server] = direct;
  const beside = ours.find(({ place }) => place.path === server?.place.path && place.scope !== 'local');
  if (!beside) return TAKE_OUT;
  return `mcp-gateway install ${client.id}${beside.place.scope === 'project' ? ' --project' : ''}`;
}
