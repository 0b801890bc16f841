import { formatPath } from '../config/finding.ts';
import type { PermissionRule } from '../config/permissions.ts';
import { type Environment, substitute } from '../config/substitute.ts';
import type { JsonObject } from '../core/json.ts';
import { carry } from './carry.ts';
import type { ClientHome, ToolRule } from './client.ts';
import type { FoundServer } from './found-servers.ts';
import { leadsToUs, type Self } from './our-entry.ts';
import { findSame, type SameServer } from './same-server.ts';
import { SecretNames } from './secret-names.ts';
import { withoutSecrets } from './secrets.ts';

/** What becomes of one server of a client. */
export interface PlannedServer {
  readonly client: string;
  readonly file: string;
  /** Where it stands in the file: `mcpServers.github`. */
  readonly place: string;
  readonly key: string;
  /** `same`: it is there already, under `as`. `self`: it leads to the gateway. `refused`: `reason` says why. */
  readonly outcome: 'added' | 'same' | 'self' | 'refused';
  /** The key it has with us. */
  readonly as?: string;
  /** Without secrets; of one that is added. */
  readonly entry?: JsonObject;
  /** What its client says of its tools, as rules of ours; of one that is added. */
  readonly permissions?: readonly PermissionRule[];
  readonly reason?: string;
  /** Variables that the equal server needs and that are not set; of one that is `same`. */
  readonly unset?: readonly string[];
  readonly notes: readonly string[];
}

/** A variable that has to be set before the servers can start. */
export interface NeededVariable {
  readonly name: string;
  readonly server: string;
  /** The place that holds its value now; absent where none of the files has it. */
  readonly heldBy?: string;
}

export interface ImportPlan {
  readonly servers: readonly PlannedServer[];
  readonly needed: readonly NeededVariable[];
  /** Values that were replaced by variables that are not set, by their names: never to be shown. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly rules: PlannedRules;
}

/** Rules of all servers: what forbids stands before everything that allows. */
export interface PlannedRules {
  readonly first: readonly PermissionRule[];
  /** What is let in, and behind it that nothing else is. */
  readonly later: readonly PermissionRule[];
}

/** What is known when a plan is made. */
export interface PlanParts {
  readonly home: ClientHome;
  readonly self: Self;
  /** Entries of our file in the native shape, by key. */
  readonly existing: ReadonlyMap<string, JsonObject | undefined>;
}

/** What an import would do. Equal servers count once; of different ones with one key the later gets another. */
export function planImport(found: readonly FoundServer[], parts: PlanParts): ImportPlan {
  const draft = new Draft(parts);
  const servers = found.map((server) => draft.add(server));
  return {
    servers,
    needed: [...draft.needed.values()],
    secrets: draft.secrets,
    rules: inOrder(servers.map(({ permissions = [] }) => permissions)),
  };
}

/** Two clients may say different things of one server: the stricter counts. */
function inOrder(lists: readonly (readonly PermissionRule[])[]): PlannedRules {
  const isFirst = (list: readonly PermissionRule[], { action, tool }: PermissionRule, index: number) =>
    action === 'deny' && (tool !== undefined || !list.slice(0, index).some((rule) => rule.action === 'allow'));
  return {
    first: lists.flatMap((list) => list.filter((rule, index) => isFirst(list, rule, index))),
    later: lists.flatMap((list) => list.filter((rule, index) => !isFirst(list, rule, index))),
  };
}

/** A plan as it grows, server by server. */
class Draft {
  readonly needed = new Map<string, NeededVariable>();
  readonly secrets = new Map<string, string>();
  readonly #parts: PlanParts;
  readonly #known: Map<string, JsonObject | undefined>;
  readonly #names: SecretNames;
  /** Where those that are added come from. */
  readonly #from = new Map<string, string>();

  constructor(parts: PlanParts) {
    this.#parts = parts;
    this.#known = new Map(parts.existing);
    this.#names = new SecretNames(parts.home.env);
  }

  add(server: FoundServer): PlannedServer {
    const { home, self } = this.#parts;
    const { client, place, key, verdict } = server;
    const where = formatPath([...place.at, key]);
    const about = { client: client.name, file: place.path, place: where, key };
    if (leadsToUs(server.entry, self)) return { ...about, outcome: 'self', notes: [] };
    if (verdict.out !== undefined) return { ...about, outcome: 'refused', reason: verdict.out, notes: [] };
    const { entry: raw, refusal, notes, rules } = carry(server, home);
    if (raw === undefined) return { ...about, outcome: 'refused', reason: refusal ?? 'no server', notes };
    const heldBy = `${place.path}: ${where}`;
    const file = formatPath([place.path, ...place.at]);
    const same = findSame(this.#comparable(file, key), raw, home.env);
    if (same) return { ...about, ...this.#same(same, rules, heldBy), notes };
    const entry = withoutSecrets(key, raw, this.#names);
    const as = freeKey(this.#known, key);
    this.#known.set(as, entry);
    this.#from.set(as, file);
    this.#need(as, entry, heldBy);
    const permissions = rulesFor(as, rules);
    return { ...about, outcome: 'added', as, entry, ...(permissions.length > 0 && { permissions }), notes };
  }

  /** Two names in one file are two servers, however equal; of those that are there the one of that name comes first. */
  #comparable(file: string, key: string): Map<string, JsonObject | undefined> {
    const known = [...this.#known].filter(([as]) => this.#from.get(as) !== file);
    return new Map([...known.filter(([as]) => as === key), ...known]);
  }

  /** It is there; what it lacks may stand in this file: the value of a variable, tools that are kept out. */
  #same({ key, values }: SameServer, rules: readonly ToolRule[], heldBy: string) {
    const { home, existing } = this.#parts;
    for (const [name, value] of values) if (this.#names.take(name, value)) this.#keep(name, value, key, heldBy);
    const unset = variablesOf(this.#known.get(key) ?? {}).filter((name) => !isSet(home.env, name));
    const denied = existing.has(key) ? [] : rules.filter(({ action }) => action === 'deny');
    // Without the names that are let in, what forbids the rest would forbid all.
    const permissions = rulesFor(
      key,
      rules.some(({ action }) => action === 'allow') ? denied.filter(({ tools }) => tools) : denied,
    );
    return {
      outcome: 'same',
      as: key,
      ...(unset.length > 0 && { unset }),
      ...(permissions.length > 0 && { permissions }),
    } as const;
  }

  /** The variables that an entry names, with what stood in their place. */
  #need(server: string, entry: JsonObject, heldBy: string): void {
    for (const name of variablesOf(entry)) {
      const value = this.#names.valueOf(name);
      if (isSet(this.#parts.home.env, name)) continue;
      if (value !== undefined) this.#keep(name, value, server, heldBy);
      else if (!this.needed.has(name)) this.needed.set(name, { name, server });
    }
  }

  #keep(name: string, value: string, server: string, heldBy: string): void {
    if (this.secrets.has(name)) return;
    this.secrets.set(name, value);
    this.needed.set(name, { name, server: this.needed.get(name)?.server ?? server, heldBy });
  }
}

/** The rules for the tools of one server; a name that no rule can hold is left to the others. */
function rulesFor(server: string, rules: readonly ToolRule[]): PermissionRule[] {
  return rules.flatMap(({ tools, action }): PermissionRule[] => {
    const names = tools?.filter((tool) => tool !== '' && !tool.includes('::'));
    if (names === undefined) return [{ server, action }];
    return names.length > 0 ? [{ server, tool: names, action }] : [];
  });
}

/** The key, or `key-2`, `key-3` …; `$` at the start is not for servers. */
function freeKey(known: ReadonlyMap<string, unknown>, wanted: string): string {
  const key = wanted.replace(/^\$+/, '') || 'server';
  if (!known.has(key)) return key;
  let count = 2;
  while (known.has(`${key}-${count}`)) count++;
  return `${key}-${count}`;
}

/** The names of the variables that the entry cannot do without. */
function variablesOf(entry: JsonObject): string[] {
  const { missing, unset } = substitute(JSON.stringify(entry), {});
  return [...missing, ...unset];
}

function isSet(env: Environment, name: string): boolean {
  return Boolean(env[name]);
}
