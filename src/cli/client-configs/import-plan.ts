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
  /** `same`: it is there already, under `as`. `self`: it leads to the gateway. `refused`: `reason` says why. */
  readonly outcome: 'added' | 'same' | 'self' | 'refused';
  /** The key it has with us. */
  readonly as?: string;
  /** Without secrets; of one that is added. */
  readonly entry?: JsonObject;
  /** Rules of its client for its tools, as rules of ours; only those that ours lack. */
  readonly permissions?: readonly PermissionRule[];
  readonly reason?: string;
  /** Variables that the equal server needs and that are not set; of one that is `same`. */
  readonly unset?: readonly string[];
  /** Names of secrets whose values have changed in the client since; of one that is `same`. */
  readonly renewed?: readonly string[];
  /**
   * Place in which the client has switched it off since the last import; only of one that is `same`: an import switches
   * it off here too.
   */
  readonly off?: string;
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
  /** Values that were replaced by references, by their names: never to be shown. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly rules: PlannedRules;
  /** Keys of servers of ours that are to be switched off. */
  readonly off: readonly string[];
}

/** Rules of all servers, to be inserted into ours: denials come before all rules that allow. */
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
  /** Contents of our file of secrets; absent: it cannot be read, or there is none. */
  readonly secrets?: Environment | undefined;
  /** Absent: in the environment. */
  readonly keeping?: Keeping;
}

/** A server of a client, and its entry in our form. */
interface Candidate {
  readonly server: FoundServer;
  readonly carried: Carried;
}

/** Plans an import. Equal servers count once; of different servers with one key the later gets another key. */
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

/** Two clients may say different things of one server: the stricter counts. */
function inOrder(lists: readonly (readonly PermissionRule[])[]): PlannedRules {
  const isFirst = (list: readonly PermissionRule[], index: number) =>
    list.slice(0, index + 1).every(({ action }) => action === 'deny');
  return {
    first: lists.flatMap((list) => list.filter((_, index) => isFirst(list, index))),
    later: lists.flatMap((list) => list.filter((_, index) => !isFirst(list, index))),
  };
}

/** A plan as it grows, server by server. */
class Draft {
  readonly needed = new Map<string, NeededVariable>();
  readonly secrets = new Map<string, string>();
  readonly #parts: PlanParts;
  /** With the secrets that were renewed. */
  readonly #known: Known & { readonly secrets: Record<string, string | undefined> };
  readonly #servers: Map<string, JsonObject | undefined>;
  readonly #names: SecretNames;
  readonly #rules: PermissionRule[];
  /** File and map that an added server comes from, by its key with us. */
  readonly #from = new Map<string, string>();
  /** Keys of our servers that equal a client's server, or were matched with one whose secrets were renewed. */
  readonly #claimed: Set<string>;
  /** By key of our server: `true` if a client has it on, else the place in which one has it off. */
  readonly #switches = new Map<string, true | string>();
  /** Names of clients that go through the gateway: what is off there may be on here. */
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
    // A person may name a client and also its file, which lists the same servers twice.
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

  /** Servers of ours that every client which has them has switched off, or that a person has rejected there. */
  switchedOff(): ReadonlyMap<string, string> {
    const off = [...this.#switches].filter((each): each is [string, string] => each[1] !== true);
    // What a person has written in our file counts.
    return new Map(off.filter(([key]) => this.#parts.existing.get(key)?.enabled === undefined));
  }

  #vote(key: string, server: FoundServer, raw: JsonObject): void {
    const { verdict, place, client } = server;
    const ours = this.#parts.existing.get(key);
    if (!ours || this.#switches.get(key) === true) return;
    const isUsers = place.scope === 'user';
    // What is said of a project's own server is not said of the user's. A remote one starts nowhere: it is the project's
    // where nobody has it for the user, and a person has rejected it by this name.
    const isRejected = verdict.out !== undefined && raw.command === undefined && isNamed(key, server.key);
    if (!isUsers && !isOfProject(ours, raw) && !isRejected) return;
    const isOff = raw.enabled === false && !(isUsers && verdict.isOfProject);
    if (isOff && verdict.out === undefined && this.#through.has(client.name)) return;
    const where = verdict.out ?? verdict.off ?? `switched off in ${client.name}`;
    this.#switches.set(key, verdict.out !== undefined || isOff ? where : true);
  }

  /** Two names in one file are two servers, however equal; of those that are there the one of that name comes first. */
  #comparable(file: string, key: string): ReadonlyMap<string, JsonObject | undefined> {
    return sameNameFirst(new Map([...this.#servers].filter(([as]) => this.#from.get(as) !== file)), key);
  }

  /** A server of ours with that name, and other secrets than ours: they were renewed, unless another one has ours. */
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
   * Plans a server that we have already: adds values of variables, and rules for tools, that ours lack and this file
   * has.
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

  /** Notes the variables of an entry as needed, with the values that references have replaced. */
  #need(server: string, entry: JsonObject, heldBy: string): void {
    const kept = this.#names.in(JSON.stringify(entry));
    for (const [name, value] of kept) if (!this.#isThere(name)) this.#keep(name, value, server, heldBy);
    for (const name of unsetVariables(entry, this.#values()))
      if (!kept.has(name) && !this.needed.has(name)) this.needed.set(name, { name, server });
  }

  /** True if the value of that name is already stored in the place for it, so that it need not be written. */
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

/**
 * True if our server starts in the same folder as the client's one, which a file of a project has named; otherwise ours
 * is the user's.
 */
function isOfProject(ours: JsonObject | undefined, raw: JsonObject): boolean {
  return raw.cwd !== undefined && ours?.cwd === raw.cwd;
}

function sameNameFirst(
  servers: ReadonlyMap<string, JsonObject | undefined>,
  key: string,
): ReadonlyMap<string, JsonObject | undefined> {
  return servers.has(key) ? new Map([[key, servers.get(key)], ...servers]) : servers;
}

/** Names of the variables and secrets that a text refers to. */
function namesOf(text: string): string[] {
  return [...text.matchAll(/\{(?:(?:secret|env):)?([^\s{}:]+)/g)].map(([, name = '']) => name);
}

/** The rules for the tools of one server; a name that no rule can hold is left to the others. */
function rulesFor(server: string, rules: readonly ToolRule[]): PermissionRule[] {
  return rules.flatMap(({ tools, action, more }): PermissionRule[] => {
    const names = tools?.filter((tool) => tool !== '' && !tool.includes('::'));
    if (names === undefined) return [{ server, ...more, action }];
    return names.length > 0 ? [{ server, tool: names, ...more, action }] : [];
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
