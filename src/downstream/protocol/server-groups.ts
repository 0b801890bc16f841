/** A server as it is grouped. */
export interface GroupedServer {
  readonly key: string;
  readonly tags: readonly string[];
  /** Topics of its tools, the most telling first. */
  readonly topics: readonly string[];
}

/** Servers with something in common; `label` is a tag, a topic, or a word of their keys. */
export interface ServerGroup {
  /** Empty: one server of which nothing is known. */
  readonly label: string;
  readonly keys: readonly string[];
}

/** Labels of one server that count; the first of them counts most. */
const MAX_LABELS = 3;
const NEARLY_ALL = 0.9;

/**
 * Groups servers by their tags, those without by what their tools are about. Groups of one server come last; their
 * label is the server's first tag or topic.
 */
export function groupServers(servers: readonly GroupedServer[]): readonly ServerGroup[] {
  const tagged = servers.filter(({ tags }) => tags.length > 0);
  const others = servers.filter(({ tags }) => tags.length === 0);
  return sharedFirst([
    ...cover(tagged.map(({ key, tags }) => ({ key, labels: dividing(tags, tagged) }))),
    ...cover(others.map(({ key, topics }) => ({ key, labels: topics }))),
  ]);
}

/** Joins groups of one server whose keys begin with the same word: `azure-storage` and `azure-sql`. */
export function joinByName(groups: readonly ServerGroup[]): readonly ServerGroup[] {
  const single = groups.filter(({ keys }) => keys.length === 1).flatMap(({ keys }) => keys);
  const byName = cover(single.map((key) => ({ key, labels: firstWord(key) }))).filter(({ keys }) => keys.length > 1);
  const joined = new Set(byName.flatMap(({ keys }) => keys));
  return sharedFirst([...groups.filter(({ keys: [key = ''] }) => !joined.has(key)), ...byName]);
}

function sharedFirst(groups: readonly ServerGroup[]): readonly ServerGroup[] {
  return [...groups.filter(({ keys }) => keys.length > 1), ...groups.filter(({ keys }) => keys.length === 1)];
}

/** Returns the tags that do not nearly all servers have, since these divide nothing; if there is none, all tags. */
function dividing(tags: readonly string[], all: readonly GroupedServer[]): readonly string[] {
  if (tags.length < 2) return tags;
  const some = tags.filter((tag) => all.filter((server) => server.tags.includes(tag)).length < all.length * NEARLY_ALL);
  return some.length > 0 ? some : tags;
}

function firstWord(key: string): readonly string[] {
  const word = /^[A-Za-z0-9]+(?=[^A-Za-z0-9])/.exec(key)?.[0].toLowerCase();
  return word === undefined || word === 'mcp' || word === 'server' ? [] : [word];
}

interface Labelled {
  readonly key: string;
  readonly labels: readonly string[];
}

/** A label with the servers that have it, each with the place of the label among its own: 0 for the first. */
interface Shared {
  readonly label: string;
  holders: { readonly server: Labelled; readonly place: number }[];
  /** Sum of how much it says about each holder; a label counts most for a server of which it is the first. */
  weight: number;
}

/** Covers all servers with few labels: again and again takes the label that says most about most of the rest. */
function cover(all: readonly Labelled[]): ServerGroup[] {
  const rest = new Set(all);
  const shared = sharedLabels(all);
  const groups: ServerGroup[] = [];
  for (let best = mostTelling(shared, rest); best; best = mostTelling(shared, rest)) {
    for (const { server } of best.holders) rest.delete(server);
    groups.push({ label: best.label, keys: best.holders.map(({ server }) => server.key) });
  }
  return [...groups, ...[...rest].map(({ key, labels: [label = ''] }) => ({ label, keys: [key] }))];
}

function sharedLabels(all: readonly Labelled[]): readonly Shared[] {
  const byLabel = new Map<string, Shared>();
  for (const server of all) {
    for (const [place, label] of server.labels.slice(0, MAX_LABELS).entries()) {
      // A noun in the singular and in the plural is one label.
      const name = label.toLowerCase().replace(/s$/, '');
      const known = byLabel.get(name) ?? { label, holders: [], weight: 0 };
      byLabel.set(name, known);
      if (known.holders.at(-1)?.server === server) continue;
      known.holders.push({ server, place });
      known.weight += weightOf(place);
    }
  }
  return [...byLabel.values()].filter(({ holders }) => holders.length > 1);
}

/** Returns the label that counts most for the rest, if two of them have it; forgets holders that are covered. */
function mostTelling(shared: readonly Shared[], rest: ReadonlySet<Labelled>): Shared | undefined {
  let best: Shared | undefined;
  for (const one of shared) {
    const most = best?.weight ?? 0;
    if (one.weight <= most) continue;
    one.holders = one.holders.filter(({ server }) => rest.has(server));
    one.weight = one.holders.length < 2 ? 0 : one.holders.reduce((sum, { place }) => sum + weightOf(place), 0);
    if (one.weight > most) best = one;
  }
  return best;
}

const weightOf = (place: number) => 1 / (1 + place) ** 2;
