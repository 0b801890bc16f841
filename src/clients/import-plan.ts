import { isDeepStrictEqual } from 'node:util';
import { formatPath } from '../config/finding.ts';
import { type Environment, substitute } from '../config/substitute.ts';
import type { JsonObject } from '../core/json.ts';
import { carry } from './carry.ts';
import type { ClientHome } from './client.ts';
import type { FoundServer } from './found-servers.ts';
import { leadsToUs, type Self } from './our-entry.ts';
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
}

/** What is known when a plan is made. */
export interface PlanParts {
  readonly home: ClientHome;
  readonly self: Self;
  /** Entries of our file in the native shape, by key. */
  readonly existing: ReadonlyMap<string, JsonObject | undefined>;
}

/** What an import would do. Equal servers count once; of different ones with one key the later gets another. */
export function planImport(found: readonly FoundServer[], { home, self, existing }: PlanParts): ImportPlan {
  const known = new Map(existing);
  const names = new SecretNames(home.env);
  const needed = new Map<string, NeededVariable>();
  const secrets = new Map<string, string>();
  const servers = found.map((server): PlannedServer => {
    const { client, place, key } = server;
    const where = formatPath([...place.at, key]);
    const about = { client: client.name, file: place.path, place: where, key };
    if (leadsToUs(server.entry, self)) return { ...about, outcome: 'self', notes: [] };
    const { entry: raw, refusal, notes } = carry(server, home);
    if (raw === undefined) return { ...about, outcome: 'refused', reason: refusal ?? 'no server', notes };
    const isAlready = (as: string): PlannedServer => {
      const unset = variablesOf(known.get(as) ?? {}).filter((name) => !isSet(home.env, name));
      return { ...about, outcome: 'same', as, ...(unset.length > 0 && { unset }), notes };
    };
    const same = keyOfSame(known, raw);
    if (same !== undefined) return isAlready(same);
    const entry = withoutSecrets(key, raw, names);
    const again = keyOfSame(known, entry);
    if (again !== undefined) return isAlready(again);
    const as = freeKey(known, key);
    known.set(as, entry);
    const held = new Set(variablesOf(raw));
    for (const name of variablesOf(entry)) {
      if (isSet(home.env, name) || needed.has(name)) continue;
      const secret = names.valueOf(name);
      if (secret !== undefined) secrets.set(name, secret);
      needed.set(name, { name, server: as, ...(!held.has(name) && { heldBy: `${place.path}: ${where}` }) });
    }
    return { ...about, outcome: 'added', as, entry, notes };
  });
  return { servers, needed: [...needed.values()], secrets };
}

/** The key under which an equal server is known; whether it is switched on does not count. */
function keyOfSame(known: ReadonlyMap<string, JsonObject | undefined>, entry: JsonObject): string | undefined {
  const essence = essenceOf(entry);
  return [...known].find(([, other]) => other && isDeepStrictEqual(essenceOf(other), essence))?.[0];
}

/** What a server is; not what people say of it. */
function essenceOf({ type: _type, enabled: _enabled, description: _description, tags: _tags, ...rest }: JsonObject) {
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value && JSON.stringify(value) !== '{}'));
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
