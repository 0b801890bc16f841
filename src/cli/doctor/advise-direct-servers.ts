import type { Client, ClientHome } from '../client-configs/client.ts';
import type { FoundServer } from '../client-configs/found-servers.ts';
import { type ImportPlan, type PlannedServer, planImport } from '../client-configs/import-plan.ts';
import type { Self } from '../client-configs/our-entry.ts';
import type { ourState } from '../client-configs/our-secrets.ts';
import { listed } from './finding.ts';

export interface ClientParts {
  readonly home: ClientHome;
  readonly self: Self;
  /** What our files hold, as an import and an install see it. */
  readonly ours: ReturnType<typeof ourState>;
}

/** The servers that one client starts: `ours` lead to the gateway, `direct` do not. */
export interface ClientServers {
  readonly client: Client;
  readonly ours: readonly FoundServer[];
  readonly direct: readonly FoundServer[];
}

/** What to say of servers that a client starts although it goes through the gateway. */
interface Advice {
  /** Follows "starts a and b by itself". */
  readonly fact: string;
  /** What cures it, in order; absent: the servers may stay where they are. */
  readonly steps?: readonly string[];
}

const TAKE_OUT = 'take it out of that file';
const TAKE_THEM_OUT = 'take them out of that file';

/** Cause and cure for each kind of direct server; both agree with what an import and an install would do. */
export function adviseDirectServers(
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

/** Whether an import would copy the value of a variable into our file of secrets. */
function isImported(name: string, { secrets }: ImportPlan, { keeping }: ClientParts['ours']): boolean {
  return keeping === 'secrets' && secrets.has(name);
}

function setVariables(names: readonly string[]): string {
  return `set ${listed(names)} where the gateway starts`;
}

/** An install takes out the servers of the file that its entry is in, and leaves those of other files to the person. */
function installStep({ client, ours, direct }: ClientServers): string {
  const [server] = direct;
  const beside = ours.find(({ place }) => place.path === server?.place.path && place.scope !== 'local');
  if (!beside) return TAKE_OUT;
  return `mcp-gateway install ${client.id}${beside.place.scope === 'project' ? ' --project' : ''}`;
}
