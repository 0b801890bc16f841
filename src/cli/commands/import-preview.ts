import { isAbsolute } from 'node:path';
import { displayText } from '../../core/invisible-characters.ts';
import type { FoundServers } from '../client-configs/found-servers.ts';
import type { ImportPlan, NeededVariable, PlannedServer } from '../client-configs/import-plan.ts';
import { displayPath } from '../terminal/text-layout.ts';

/** An import that is planned and not yet written. */
export interface ImportDraft {
  readonly found: FoundServers;
  readonly plan: ImportPlan;
  /** File to which the secrets are written; undefined if they stay in the client's file. */
  readonly secrets?: { readonly path: string } | undefined;
}

/** Returns the variables that the user has to set. */
export function stillNeeded({ plan, secrets }: ImportDraft): readonly NeededVariable[] {
  return secrets ? plan.needed.filter(({ name }) => !plan.secrets.has(name)) : plan.needed;
}

function keptOf({ plan }: ImportDraft): readonly NeededVariable[] {
  return plan.needed.filter(({ name }) => plan.secrets.has(name));
}

/** Describes an import for people; `home` is written as `~`. No secret is shown. */
export function importPreview(draft: ImportDraft, home: string): string {
  const { found, plan, secrets } = draft;
  const { servers } = plan;
  const needed = stillNeeded(draft);
  const place = (text: string) => displayText(text.replaceAll(`${home}/`, '~/'));
  const lines = [
    `${count(servers.length, 'server')} in ${count(found.files.length, 'file')}`,
    ...servers.flatMap((server) => linesOf(server, home)),
    ...(secrets ? ['', `Secrets, to ${displayPath(secrets.path, home)}:`] : []),
    ...(secrets ? keptOf(draft).map((variable) => keptLine(variable, place)) : []),
    ...(needed.length > 0 ? ['', 'To be set where the gateway starts; no file is changed for them:'] : []),
    ...needed.map((variable) => variableLine(variable, place)),
    ...(found.problems.length > 0 ? ['', 'Not read:'] : []),
    ...found.problems.map((problem) => `  ${place(problem)}`),
  ];
  return `${lines.join('\n')}\n\n`;
}

/** Returns the message of an import that has nothing to add. */
export function nothingNew({ found, plan }: ImportDraft): string {
  const there = plan.servers.filter(({ outcome }) => outcome === 'same').length;
  if (found.servers.length === 0)
    return 'No servers found. Another file: mcp-gateway import <file>. By hand: mcp-gateway add <name> -- <command>\n';
  if (there === 0) return 'Nothing new: no server was left to take over.\n';
  const are = there === 1 ? 'the 1 server is' : `all ${there} servers are`;
  return `Nothing new: ${are} there already.\n${nextStep({ found, plan })}`;
}

/**
 * Returns a line with the next command to run: `install` for the first client with servers if no client uses the
 * gateway yet, else `doctor`.
 */
export function nextStep({ found, plan }: ImportDraft): string {
  const ours = new Set(plan.servers.filter(({ outcome }) => outcome === 'self').map(({ client }) => client));
  const names = found.servers.map(({ client }) => client).filter(({ name, id }) => !ours.has(name) && !isAbsolute(id));
  const [client] = names;
  return `Next: mcp-gateway ${client && ours.size === 0 ? `install ${client.id}` : 'doctor'}\n`;
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

const MARKS: Readonly<Record<PlannedServer['outcome'], string>> = { added: '+', same: '=', self: '-', refused: '!' };

function linesOf(server: PlannedServer, home: string): string[] {
  const { outcome, key, as = key, client, file, place, notes } = server;
  const from = `from ${client}, ${displayPath(file, home)}: ${displayText(place)}`;
  const renamed =
    outcome === 'added' && as !== key ? [`named ${displayText(as)}: another server is called ${displayText(key)}`] : [];
  return [
    `  ${MARKS[outcome]} ${displayText(as)}  ${whatOf(server)}`,
    ...[from, ...renamed, ...(outcome === 'added' ? notes : []), ...changesOf(server), ...rulesOf(server)].map(
      (line) => `      ${displayText(line)}`,
    ),
  ];
}

/** Returns lines for people on the changes in the client since the import of a server. */
function changesOf({ renewed = [], off }: PlannedServer): string[] {
  return [
    ...(renewed.length > 0 ? [`changed there: the new value of ${renewed.join(', ')} takes the place of ours`] : []),
    ...(off === undefined ? [] : [`${off}: switched off here too (mcp-gateway enable switches it on for good)`]),
  ];
}

/** Returns a line on the rules for tools, such as `tools denied: c; allowed: a, b; all others denied`. */
function rulesOf({ permissions = [] }: PlannedServer): string[] {
  const said = permissions.map(({ server: _, tool, action, ...more }, index) => {
    const asked = Object.entries(more).map(([name, value]) => ` with ${name} ${[value].flat().join(', ')}`);
    if (tool === undefined && asked.length === 0 && index > 0 && action === 'deny') return 'all others denied';
    const tools = `${tool === undefined ? 'all' : [tool].flat().join(', ')}${asked.join('')}`;
    return `${{ deny: 'denied', ask: 'asked about', allow: 'allowed' }[action]}: ${tools}`;
  });
  return said.length > 0 ? [`tools ${said.join('; ')}`] : [];
}

function whatOf({ outcome, key, as, entry, reason }: PlannedServer): string {
  if (outcome === 'self') return 'left out: it leads to this gateway';
  if (outcome === 'refused') return `left out: ${displayText(reason ?? '')}`;
  if (outcome === 'same') return as === key ? 'is there already' : `is there already (as ${displayText(key)} there)`;
  const { command, url, enabled, cwd } = entry ?? {};
  const how = Array.isArray(command) ? command.join(' ') : String(url);
  const where = typeof cwd === 'string' ? ` (in ${displayText(cwd)})` : '';
  return `${displayText(how)}${where}${enabled === false ? ' (switched off)' : ''}`;
}

function keptLine({ name, heldBy = '' }: NeededVariable, place: (text: string) => string): string {
  return `  ${displayText(name)}   # from ${place(heldBy)}`;
}

function variableLine({ name, server, heldBy }: NeededVariable, place: (text: string) => string): string {
  return `  export ${displayText(name)}=…   # ${heldBy ? `its value: ${place(heldBy)}` : `${displayText(server)} asks for it`}`;
}
