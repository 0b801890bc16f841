import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../../config/schema.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { leadsToUs, type Self } from '../client-configs/our-entry.ts';
import { type Finding, listed, notesOn } from './finding.ts';

/** From this share of the smaller server's tools on, two servers are likely to be the same one. */
const ALIKE = 0.5;

const KEPT_APART = 'which their ids keep apart';

/** Servers that are configured twice, and tools of several servers under one name. */
export function checkNames(
  servers: readonly ServerConfig[],
  toolsOf: (server: string) => readonly ToolEntry[],
): readonly Finding[] {
  const notes = notesOn('names');
  const sharing = new Set<string>();
  const shared = new Set<string>();
  for (const [one, other] of pairsOf(servers)) {
    const place = `${one.key} and ${other.key}`;
    const [tools, others] = [toolsOf(one.key), toolsOf(other.key)];
    const names = commonNames(tools, others);
    const isAlike = names.length > 1 && names.length >= ALIKE * Math.min(tools.length, others.length);
    if (isDeepStrictEqual(essenceOf(one), essenceOf(other)))
      notes.warning(place, 'are the same server, configured twice', 'take one of them out');
    else if (isAlike) {
      const cure = 'take one of them out, or say in description what each is for';
      notes.warning(place, `share ${count(names)}, ${KEPT_APART}, but a model has to choose`, cure);
    } else if (names.length > 0) {
      for (const { key } of [one, other]) sharing.add(key);
      for (const name of names) shared.add(name);
    }
  }
  if (shared.size > 0) notes.ok(listed([...sharing]), `share ${count([...shared])}, ${KEPT_APART}`);
  return notes.findings;
}

function pairsOf<Item>(items: readonly Item[]): readonly (readonly [Item, Item])[] {
  return items.flatMap((item, index) => items.slice(index + 1).map((other) => [item, other] as const));
}

function count(names: readonly string[]): string {
  return `${names.length === 1 ? 'the name of a tool' : `the names of ${names.length} tools`} (${listed(names)})`;
}

function commonNames(tools: readonly ToolEntry[], others: readonly ToolEntry[]): readonly string[] {
  const names = new Set(others.map(({ definition }) => definition.name));
  return tools.map(({ definition }) => definition.name).filter((name) => names.has(name));
}

/** What is started or connected to, by which way, and as whom; not what people say of it. */
function essenceOf(server: ServerConfig): unknown {
  const both = [server.protocol, server.roots];
  return server.type === 'local'
    ? [...both, server.command, server.environment, server.cwd, server.folder, server.unset]
    : [...both, server.url.replace(/\/$/, ''), server.headers, server.oauth, server.proxy, server.transport];
}

/** Whether a server is this very gateway: to start it would start the next one, without end. */
export function isItself(server: ServerConfig, self: Self): boolean {
  if (server.type === 'remote' || !leadsToUs(server, self)) return false;
  // A gateway with a configuration of its own is a server like others.
  const hasOwn = server.command.some((word) => /^(?:-c|--config)\b|\.(?:jsonc?|ya?ml)$/.test(word));
  return !hasOwn && server.environment.MCP_GATEWAY_CONFIG === undefined;
}

/** What is wrong with such servers. */
export function checkItself(servers: readonly ServerConfig[]): readonly Finding[] {
  const notes = notesOn('servers');
  const cure = 'take it out, or name another configuration in its command (-c)';
  for (const { key } of servers) notes.error(key, 'it is this gateway, which would start itself without end', cure);
  return notes.findings;
}
