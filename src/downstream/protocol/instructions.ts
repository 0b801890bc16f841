import { joined, oneLine, rareFirst, type ServerAbout, serverPhrase } from '../../broker/server-phrase.ts';
import type { GatewayConfig } from '../../config/load.ts';
import type { ServerConfig } from '../../config/schema.ts';
import { clip } from '../../core/errors.ts';
import { viewMark } from '../../core/server-catalog.ts';
import type { CatalogCache } from '../../upstream/catalog-cache.ts';
import { groupServers, joinByName, type ServerGroup } from './server-groups.ts';

/** Longest instructions, in characters: hosts cut them at 2,048. */
const MAX_CHARS = 2_000;
/** Most characters of the phrase of a server, from the size used if there is room down to the smallest. */
const PHRASE_CHARS = [80, 50, 30] as const;
const SHORT_PHRASE = 30;
/** Most characters of all categories, and of one tag. */
const MAX_CATEGORIES_CHARS = 150;
const MAX_TAG_CHARS = 40;
/** Most groups that are counted: each has room for its label and some names. */
const MAX_COUNTED = 24;
/** Characters of a counted group beside its label and names: a dash, the count and the mark of a cut. */
const ROOM_OF_COUNT = 16;

const HEADING = ' Servers:';
const USAGE =
  '`search` for what you need, then `invoke` with the id and args that fit its signature; `describe` only if that ' +
  'does not suffice. Long work: `invoke_async`, then `job_status`.';

/** A server with what is known of it. */
interface Known extends ServerAbout {
  readonly config: ServerConfig;
}

/**
 * The instructions for the model: what the servers are about, how to use the meta-tools, and all servers, in at most
 * 2,000 characters: with a phrase each, or grouped, or by name alone, or, if not even their names fit, how many of each
 * group there are.
 */
export function instructions(
  { servers, settings }: Pick<GatewayConfig, 'servers' | 'settings'>,
  memory: Pick<CatalogCache, 'recall'>,
): string {
  const known = servers.map((config): Known => {
    const { about, topics } = memory.recall(config) ?? {};
    const isPinned = config.pin ?? settings.pin;
    // Words that were learnt under other rules may be of tools that are hidden now.
    const mayTell = topics && !isPinned && topics.mark === viewMark(settings.permissions, config);
    return { config, about, topics: mayTell ? topics.words : [] };
  });
  const topics = rareFirst(known.map((each) => each.topics));
  return told(known.map(({ config, about }, at) => ({ config, about, topics: topics[at] ?? [] })));
}

function told(servers: readonly Known[]): string {
  const start = introduction(servers.map(({ config, topics }) => tagsOf(config)[0] ?? topics[0] ?? ''));
  if (servers.length === 0) return start;
  const lines = byLine(servers, MAX_CHARS - start.length);
  return lines === undefined ? toldInGroups(servers) : start + lines;
}

function toldInGroups(servers: readonly Known[]): string {
  const groups = groupServers(servers.map(({ config, topics }) => ({ key: config.key, tags: tagsOf(config), topics })));
  const start = introduction(groups.map(({ label }) => label));
  return start + byGroup(joinByName(groups), servers, MAX_CHARS - start.length);
}

/** Returns the first sentences: the categories of servers come first, since some hosts show a model the beginning only. */
function introduction(categories: readonly string[]): string {
  const labels = [...new Set(categories)].filter(Boolean);
  const some = labels.length > 1 ? joined(labels, MAX_CATEGORIES_CHARS) : '';
  const about = some.length < labels.join(', ').length ? some && `: ${some} …` : `: ${some}`;
  return `Gateway to the tools of other MCP servers${labels.length > 1 ? about : ''}. ${USAGE}`;
}

/** Returns the tags of an entry in a form that fits a line. */
function tagsOf({ tags }: ServerConfig): readonly string[] {
  return tags.map((tag) => clip(oneLine(tag), MAX_TAG_CHARS)).filter(Boolean);
}

/** Lists each server with a phrase, as long as there is room for; undefined: there is no room for a line each. */
function byLine(servers: readonly Known[], room: number): string | undefined {
  for (const maxChars of PHRASE_CHARS) {
    let list = HEADING;
    for (const server of servers) {
      list += line(server, maxChars);
      if (list.length > room) break;
    }
    if (list.length <= room) return list;
  }
  return undefined;
}

function line(server: Known, maxChars: number): string {
  const { config } = server;
  const phrase = serverPhrase(config, server, maxChars) || clip(addressOf(config), maxChars);
  return phrase ? `\n- ${config.key}: ${phrase}` : `\n- ${config.key}`;
}

function byGroup(groups: readonly ServerGroup[], servers: readonly Known[], room: number): string {
  const names = `${HEADING} ${servers.map(({ config }) => config.key).join(', ')}`;
  if (names.length > room) return counted(groups, servers.length, room);
  const lists = [withLines(groups, servers), grouped(withOthers(groups, withLabel)), grouped(withOthers(groups))];
  return lists.find((list) => list.length <= room) ?? names;
}

/** Lists groups with the names of their servers, and a line for each server that shares nothing. */
function withLines(groups: readonly ServerGroup[], servers: readonly Known[]): string {
  const single = new Set(groups.flatMap(({ keys }) => (keys.length === 1 ? keys : [])));
  const rest = servers.filter(({ config }) => single.has(config.key));
  return grouped(groups.filter(isShared)) + rest.map((server) => line(server, SHORT_PHRASE)).join('');
}

function grouped(groups: readonly ServerGroup[]): string {
  return HEADING + groups.map(({ label, keys }) => `\n- ${label}: ${keys.join(', ')}`).join('');
}

/** Returns the shared groups, at most so many, and one group of all other servers, by what `names` says of them. */
function withOthers(groups: readonly ServerGroup[], names = keysOf, most = groups.length): readonly ServerGroup[] {
  const shown = new Set(groups.filter(isShared).slice(0, most));
  const others = groups.filter((group) => !shown.has(group)).flatMap(names);
  return others.length > 0 ? [...shown, { label: 'others', keys: others }] : [...shown];
}

const keysOf = ({ keys }: ServerGroup) => keys;
const withLabel = ({ label, keys }: ServerGroup) => keys.map((key) => (label ? `${key} (${label})` : key));

const isShared = ({ keys }: ServerGroup) => keys.length > 1;

/** Counts the servers of the largest groups, and of all others together, and names as many of them as fit. */
function counted(groups: readonly ServerGroup[], total: number, room: number): string {
  const end = `\nNot all names fit: search with an empty query lists all ${total} servers.`;
  const bySize = groups.toSorted((a, b) => b.keys.length - a.keys.length);
  const shown = withOthers(bySize, keysOf, MAX_COUNTED);
  let list = HEADING;
  for (const [at, { label, keys }] of shown.entries()) {
    const share = (room - end.length - list.length) / (shown.length - at);
    const some = joined(keys, share - label.length - ROOM_OF_COUNT);
    const names = some.length < keys.join(', ').length ? some && `: ${some}, …` : `: ${some}`;
    list += `\n- ${label} (${keys.length})${names}`;
  }
  return list + end;
}

/** The host of a remote entry, or the package that a local one runs; empty for a mere path. */
function addressOf(server: ServerConfig): string {
  if (server.type === 'remote') return new URL(server.url).host;
  const installed = server.command.map((word) => /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(word)?.[1]);
  const run = /^(npx|bunx|uvx|pnpx)$/.test(server.command[0] ?? '')
    ? server.command.slice(1).find((word) => !word.startsWith('-'))
    : undefined;
  return installed.find((name) => name !== undefined) ?? run ?? '';
}
