import { isAbsolute } from 'node:path';
import { isFile } from '../../platform/find-program.ts';
import type { FoundServer, FoundServers } from '../client-configs/found-servers.ts';
import { leadsToUs } from '../client-configs/our-entry.ts';
import { adviseDirectServers, type ClientParts, type ClientServers } from './advise-direct-servers.ts';
import { type Finding, type Notes, notesOn } from './finding.ts';

/** Which clients go through the gateway, and what they still start by themselves. */
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

/** Whether the client starts it: neither its entry nor the person says otherwise. */
function isStarted({ entry, verdict: { out, off } }: FoundServer): boolean {
  return entry.enabled !== false && entry.disabled !== true && out === undefined && off === undefined;
}

/** Each once: where the home directory is the working directory, a file counts as both. */
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

/** Whether an entry of ours leads to anything, and to the right program. */
async function checkEntry({ client, place, key, entry }: FoundServer, notes: Notes): Promise<void> {
  const words = [entry.command, entry.args].flat().filter((word) => typeof word === 'string');
  const where = `${client.name}, ${place.path}: ${key}`;
  const install = `mcp-gateway install ${client.id}${place.scope === 'project' ? ' --project' : ''}`;
  // An install replaces no entry of the user's own for one project.
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
