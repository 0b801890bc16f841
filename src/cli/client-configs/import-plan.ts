import { formatPath } from '../../config/diagnostic.ts';
import type { PermissionRule } from '../../config/permissions.ts';
import type { Environment } from '../../config/substitute.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ClientHome, ToolRule } from './client.ts';
import { type Carried, carry, unsetVariables } from './convert-entry.ts';
import type { FoundServer } from './found-servers.ts';
import { leadsToUs, type Self } from './our-entry.ts';
import { findRenewed, findSame, type Known, type SameServer } from './same-server.ts';
import { type Keeping, SecretNames, withoutSecrets } from './secrets.ts';
import { newDenials } from './tool-lists.ts';

/** Outcome of an import for one server of a client. */
export interface PlannedServer {
  readonly client: string;
  readonly file: string;
  /** Path in the file: `mcpServers.github`. */
  readonly place: string;
  readonly key: string;
  /**
   * `same`: our configuration has it already, under `as`. `self`: it leads to the gateway. `refused`: `reason` says
   * why.
   */
  readonly outcome: 'added' | 'same' | 'self' | 'refused';
  /** Its key in our configuration. */
  readonly as?: string;
  /** The entry to add, without secrets; only for `added`. */
  readonly entry?: JsonObject;
  /** The client's rules for its tools, converted to ours; only those that ours lack. */
  readonly permissions?: readonly PermissionRule[];
  readonly reason?: string;
  /** Variables that our equal server needs and that are not set; only for `same`. */
  readonly unset?: readonly string[];
  /** Names of secrets whose values have changed in the client since the last import; only for `same`. */
  readonly renewed?: readonly string[];
  /**
   * Place in which the client has switched it off since the last import; only for `same`: this import switches it off
   * in our configuration too.
   */
  readonly off?: string;
  readonly notes: readonly string[];
}

/** A variable that must be set before a server can start. */
export interface NeededVariable {
  readonly name: string;
  readonly server: string;
  /** The file and place that hold its value now; absent if no client's file has it. */
  readonly heldBy?: string;
}

export interface ImportPlan {
  readonly servers: readonly PlannedServer[];
  readonly needed: readonly NeededVariable[];
  /** Values that references have replaced, by name: never to be shown. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly rules: PlannedRules;
  /** Keys of our servers that the import switches off. */
  readonly off: readonly string[];
}

/** Rules of all servers, to be inserted into ours: the denials of `first` go before all rules that allow. */
export interface PlannedRules {
  readonly first: readonly PermissionRule[];
  /** Rules that allow tools, followed by those that deny all others. */
  readonly later: readonly PermissionRule[];
}

/** Inputs of a plan. */
export interface PlanParts {
  readonly home: ClientHome;
  readonly self: Self;
  /** Entries of our file in the native shape, by key. */
  readonly existing: ReadonlyMap<string, JsonObject | undefined>;
  /** The rules of our file. */
  readonly rules?: readonly PermissionRule[];
  /** Contents of our file of secrets; absent if there is no such file or it cannot be extended. */
  readonly secrets?: Environment | undefined;
  /** The place for secret values. Absent: the environment. */
  readonly keeping?: Keeping;
}

/** A server of a client, and its entry in our form. */
interface Candidate {
  readonly server: FoundServer;
  readonly carried: Carried;
}

/** Plans an import. Equal servers are added once; of different servers with one key the later gets another key. */
export function planImport(found: readonly FoundServer[], parts: PlanParts): ImportPlan {
  const candidates = found.map((server) => ({ server, carried: carry(server, parts.home) }));
  const draft = new Draft(parts, candidates);
  const servers = candidates.map((candidate) => draft.add(candidate));
  const off = draft.switchedOff();
  return {
    servers: servers.map((server) => {
      const where = server.outcome === 'same' ? off.get(server.as ?? '') : undefined;
      return where === undefined ? server : { ...server, off: where };
    }),
    needed: [...draft.needed.values()],
    secrets: draft.secrets,
    rules: inOrder(servers.map(({ permissions = [] }) => permissions)),
    off: [...off.keys()],
  };
}

/** Moves leading denials to `first`: if two clients have different rules for one server, the stricter applies. */
function inOrder(lists: readonly (readonly PermissionRule[])[]): PlannedRules {
  const isFirst = (list: readonly PermissionRule[], index: number) =>
    list.slice(0, index + 1).every(({ action }) => action === 'deny');
  return {
    first: lists.flatMap((list) => list.filter((_, index) => isFirst(list, index))),
    later: lists.flatMap((list) => list.filter((_, index) => !isFirst(list, index))),
  };
}

/** A plan under construction, to which `planImport` adds one server after the other. */
class Draft {
  readonly needed = new Map<string, NeededVariable>();
  readonly secrets = new Map<string, string>();
  readonly #parts: PlanParts;
  /** The known values, with the new values of renewed secrets. */
  readonly #known: Known & { readonly secrets: Record<string, string | undefined> };
  readonly #servers: Map<string, JsonObject | undefined>;
  readonly #names: SecretNames;
  readonly #rules: PermissionRule[];
  /** File and map that an added server comes from, by its key in our configuration. */
  readonly #from = new Map<string, string>();
  /** Keys of our servers that equal a client's server, apart from renewed secrets. */
  readonly #claimed: Set<string>;
  /**
   * Votes of clients by key of our server: `true` if a client has it switched on, else the place in which a client has
   * it switched off.
   */
  readonly #switches = new Map<string, true | string>();
  /**
   * Names of clients that use the gateway: a server switched off there may still be reached through the gateway, so it
   * stays on.
   */
  readonly #through: ReadonlySet<string>;

  constructor(parts: PlanParts, candidates: readonly Candidate[]) {
    const { env } = parts.home;
    this.#parts = parts;
    this.#known = { env, secrets: { ...parts.secrets } };
    this.#servers = new Map(parts.existing);
    const taken = parts.keeping === 'secrets' ? parts.secrets : this.#values();
    this.#names = new SecretNames({ ...taken }, parts.keeping);
    this.#rules = [...(parts.rules ?? [])];
    const claims = candidates.map(
      ({ carried: { entry }, server: { key } }) =>
        entry && findSame(sameNameFirst(parts.existing, key), entry, this.#known)?.key,
    );
    this.#claimed = new Set(claims.filter((key) => key !== undefined));
    const ours = candidates.filter(({ server }) => leadsToUs(server.entry, parts.self));
    this.#through = new Set(ours.map(({ server }) => server.client.name));
  }

  add({ server, carried }: Candidate): PlannedServer {
    const { client, place, key, verdict } = server;
    const { entry: raw, refusal, notes, rules } = carried;
    const where = formatPath([...place.at, key]);
    const about = { client: client.name, file: place.path, place: where, key };
    if (leadsToUs(server.entry, this.#parts.self)) return { ...about, outcome: 'self', notes: [] };
    // The user may name both a client and its file, which then yields the same servers twice.
    const file = formatPath([client.id, place.path, ...place.at]);
    const same = raw && (findSame(this.#comparable(file, key), raw, this.#known) ?? this.#renewed(server, raw));
    if (same) this.#vote(same.key, server, raw);
    if (verdict.out !== undefined) {
      const isOn = this.#parts.existing.get(same?.key ?? '')?.enabled !== false;
      const isSaid = same && typeof this.#switches.get(same.key) === 'string';
      if (isSaid && isOn) return { ...about, outcome: 'same', as: same.key, notes: [] };
      return { ...about, outcome: 'refused', reason: verdict.out, notes: [] };
    }
    if (raw === undefined) return { ...about, outcome: 'refused', reason: refusal ?? 'no server', notes };
    const heldBy = `${place.path}: ${where}`;
    if (same) return { ...about, ...this.#same(same, rules, heldBy), notes };
    const entry = withoutSecrets(key, raw, this.#names);
    const as = freeKey(this.#servers, key);
    this.#servers.set(as, entry);
    this.#from.set(as, file);
    this.#need(as, entry, heldBy);
    const permissions = rulesFor(as, rules);
    this.#rules.push(...permissions);
    return { ...about, outcome: 'added', as, entry, ...(permissions.length > 0 && { permissions }), notes };
  }

  /**
   * Returns our servers that every client which has them has switched off, or that the user has rejected there, with
   * the place.
   */
  switchedOff(): ReadonlyMap<string, string> {
    const off = [...this.#switches].filter((each): each is [string, string] => each[1] !== true);
    // A written `enabled` in our file takes precedence.
    return new Map(off.filter(([key]) => this.#parts.existing.get(key)?.enabled === undefined));
  }

  #vote(key: string, server: FoundServer, raw: JsonObject): void {
    const { verdict, place, client } = server;
    const ours = this.#parts.existing.get(key);
    if (!ours || this.#switches.get(key) === true) return;
    const isUsers = place.scope === 'user';
    // A switch of a project's server does not apply to the user's server. A remote server has no `cwd` that shows its
    // project: a rejection counts if our server has the same name and no user's entry is switched on.
    const isRejected = verdict.out !== undefined && raw.command === undefined && isNamed(key, server.key);
    if (!isUsers && !isOfProject(ours, raw) && !isRejected) return;
    const isOff = raw.enabled === false && !(isUsers && verdict.isOfProject);
    if (isOff && verdict.out === undefined && this.#through.has(client.name)) return;
    const where = verdict.out ?? verdict.off ?? `switched off in ${client.name}`;
    this.#switches.set(key, verdict.out !== undefined || isOff ? where : true);
  }

  /**
   * Returns the servers that an entry may equal, the one with its own key first. Excludes servers added from the same
   * file: two keys in one file are two servers, even if equal.
   */
  #comparable(file: string, key: string): ReadonlyMap<string, JsonObject | undefined> {
    return sameNameFirst(new Map([...this.#servers].filter(([as]) => this.#from.get(as) !== file)), key);
  }

  /**
   * Returns our server with that key if only the values of its secrets differ: these were renewed. Returns undefined if
   * another server of ours uses the same secrets with the old values.
   */
  #renewed({ key, place }: FoundServer, raw: JsonObject): SameServer | undefined {
    const { existing, keeping } = this.#parts;
    if (keeping !== 'secrets') return undefined;
    const isMeant = (entry: JsonObject | undefined) => place.scope !== 'project' || isOfProject(entry, raw);
    const named = [...existing].filter(([as, entry]) => isNamed(as, key) && isMeant(entry) && !this.#claimed.has(as));
    const kept = JSON.stringify([...this.#claimed].map((as) => existing.get(as)));
    const renewed = findRenewed(sameNameFirst(new Map(named), key), raw, this.#known);
    const isShared = [...(renewed?.values.keys() ?? [])].some((name) => namesOf(kept).includes(name));
    if (!renewed || isShared) return undefined;
    this.#claimed.add(renewed.key);
    return renewed;
  }

  /**
   * Plans a server that our configuration already has: adds the values of variables and the denials that this file has
   * and ours lack.
   */
  #same({ key, values }: SameServer, rules: readonly ToolRule[], heldBy: string) {
    const unset = unsetVariables(this.#servers.get(key) ?? {}, this.#values(), this.#parts.secrets);
    const renewed = [...values.keys()].filter((name) => this.#parts.secrets?.[name]);
    for (const [name, value] of values) {
      if (renewed.includes(name)) this.#known.secrets[name] = value;
      if (renewed.includes(name) || this.#names.take(name, value)) this.#keep(name, value, key, heldBy);
    }
    const permissions = newDenials(key, rulesFor(key, rules), this.#rules);
    this.#rules.unshift(...permissions);
    return {
      outcome: 'same',
      as: key,
      ...(unset.length > 0 && { unset }),
      ...(permissions.length > 0 && { permissions }),
      ...(renewed.length > 0 && { renewed }),
    } as const;
  }

  /** Records the variables that an entry needs, and the values that references have replaced in it. */
  #need(server: string, entry: JsonObject, heldBy: string): void {
    const kept = this.#names.in(JSON.stringify(entry));
    for (const [name, value] of kept) if (!this.#isThere(name)) this.#keep(name, value, server, heldBy);
    for (const name of unsetVariables(entry, this.#values()))
      if (!kept.has(name) && !this.needed.has(name)) this.needed.set(name, { name, server });
  }

  /** True if the place for secret values already holds a value of that name, so that it need not be written. */
  #isThere(name: string): boolean {
    return Boolean(this.#parts.keeping === 'secrets' ? this.#parts.secrets?.[name] : this.#values()[name]);
  }

  #keep(name: string, value: string, server: string, heldBy: string): void {
    if (this.secrets.has(name)) return;
    this.secrets.set(name, value);
    this.needed.set(name, { name, server: this.needed.get(name)?.server ?? server, heldBy });
  }

  #values(): Environment {
    return { ...this.#known.secrets, ...this.#known.env };
  }
}

/** True if our key is the client's key, or that key with a number appended. */
function isNamed(as: string, key: string): boolean {
  return as === key || (as.startsWith(`${key}-`) && /^\d+$/.test(as.slice(key.length + 1)));
}

/** True if our server starts in the same folder as the project's server; otherwise ours is the user's. */
function isOfProject(ours: JsonObject | undefined, raw: JsonObject): boolean {
  return raw.cwd !== undefined && ours?.cwd === raw.cwd;
}

function sameNameFirst(
  servers: ReadonlyMap<string, JsonObject | undefined>,
  key: string,
): ReadonlyMap<string, JsonObject | undefined> {
  return servers.has(key) ? new Map([[key, servers.get(key)], ...servers]) : servers;
}

/** Returns the names of the variables and secrets that a text refers to. */
function namesOf(text: string): string[] {
  return [...text.matchAll(/\{(?:(?:secret|env):)?([^\s{}:]+)/g)].map(([, name = '']) => name);
}

/**
 * Converts the client's rules for the tools of one server to ours; drops names that our rules cannot hold (empty, or
 * with `::`).
 */
function rulesFor(server: string, rules: readonly ToolRule[]): PermissionRule[] {
  return rules.flatMap(({ tools, action, more }): PermissionRule[] => {
    const names = tools?.filter((tool) => tool !== '' && !tool.includes('::'));
    if (names === undefined) return [{ server, ...more, action }];
    return names.length > 0 ? [{ server, tool: names, ...more, action }] : [];
  });
}

/** Returns the key, or the first free one of `key-2`, `key-3` …, without `$` at the start, which marks no server. */
function freeKey(known: ReadonlyMap<string, unknown>, wanted: string): string {
  const key = wanted.replace(/^\$+/, '') || 'server';
  if (!known.has(key)) return key;
  let count = 2;
  while (known.has(`${key}-${count}`)) count++;
  return `${key}-${count}`;
}
