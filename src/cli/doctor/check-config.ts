import { isDeepStrictEqual } from 'node:util';
import type { ConfigProblem } from '../../config/diagnostic.ts';
import type { GatewayConfig } from '../../config/load.ts';
import type { ServerConfig } from '../../config/schema.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { leadsToUs, type Self } from '../client-configs/our-entry.ts';
import { type Finding, listed, type Notes, notesOn } from './finding.ts';

/** Reports the configuration file in use and its problems; problems of servers only for those that are `concerned`. */
export function checkConfig(config: GatewayConfig, concerned: (server: string) => boolean): readonly Finding[] {
  const notes = notesOn('configuration');
  if (!config.found) {
    const cure = 'mcp-gateway import takes over the servers of your clients; the README shows how a file looks';
    notes.error(config.path, 'there is no such file: the gateway has no servers', cure);
    return notes.findings;
  }
  for (const problem of config.problems)
    if (problem.server === undefined || concerned(problem.server)) note(problem, config, notes);
  const { servers, misconfigured, disabled } = config;
  const count = servers.length + misconfigured.length;
  if (count === 0 && config.problems.length === 0)
    notes.warning(config.path, 'no server is configured', 'mcp-gateway import takes over those of your clients');
  const off = disabled.length > 0 ? `, ${disabled.length} disabled` : '';
  if (notes.findings.length === 0) notes.ok(config.path, `${count === 1 ? '1 server' : `${count} servers`}${off}`);
  return notes.findings;
}

/**
 * Splits a message behind the file's name: line and column (`:3:14`), or the path of a key (`: key.path`), and the
 * text.
 */
const PLACED = /^((?::\d+)*)(?:: ((?:[^\s:"]|"(?:[^"\\]|\\.)*")+))?: (.*)$/s;

/** Reports a problem whose message has the form `file: place: what is wrong, what is expected`. */
function note({ severity, message }: ConfigProblem, { path: own, project }: GatewayConfig, notes: Notes): void {
  const file = [own, project?.path].find((each) => each !== undefined && message.startsWith(each));
  const within = file === undefined ? message : message.slice(file.length);
  const [, line = '', path = '', text = within] = PLACED.exec(within) ?? [];
  const place = file === undefined ? 'the environment' : `${file}${line}${path && `: ${path}`}`;
  const { cause, cure } = withCure(text);
  notes[severity](place, cause, file !== undefined && file === project?.path ? cureInProject(cure, file) : cure);
}

/** Adds `mcp-gateway allow` to a cure: a project's file takes effect only with the text that the user confirmed. */
function cureInProject(cure: string, file: string): string {
  return cure.includes('mcp-gateway allow') ? cure : `${cure}; then mcp-gateway allow ${file}`;
}

/** Splits a text into cause and cure; the cure is its second half, such as the expected value or the intended name. */
function withCure(text: string): { readonly cause: string; readonly cure: string } {
  const unset = /^the variable (\S+) is not set, /.exec(text);
  if (unset) return { cause: text, cure: `set ${unset[1]} where the gateway starts, or name a default` };
  const allow = /^(.*?)(?: until .*)?: (mcp-gateway allow .*)$/s.exec(text);
  if (allow) return { cause: allow[1] ?? text, cure: `read and confirm it: ${allow[2]}` };
  const half = /^(.*?)(?:, (?=expected |did you mean )|; )(.*?)(?: \(ignored\))?$/s.exec(text);
  return { cause: half?.[1] ?? text, cure: half?.[2] ?? 'correct it, or take it out' };
}

/** Share of common tool names, of the smaller server's tools, from which on two servers are probably the same. */
const ALIKE = 0.5;

const KEPT_APART = 'which their ids keep apart';

/** Reports servers that are configured twice, and tool names that several servers share. */
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

/**
 * Returns the fields that decide which server is started or connected to, how, and with which credentials; no names or
 * descriptions.
 */
function essenceOf(server: ServerConfig): unknown {
  const both = [server.protocol, server.roots];
  return server.type === 'local'
    ? [...both, server.command, server.environment, server.cwd, server.folder, server.unset]
    : [...both, server.url.replace(/\/$/, ''), server.headers, server.oauth, server.proxy, server.transport];
}

/** True if a server is this gateway itself: each one would start the next, without end. */
export function isItself(server: ServerConfig, self: Self): boolean {
  if (server.type === 'remote' || !leadsToUs(server, self)) return false;
  // A gateway with another configuration is an ordinary server.
  const hasOwn = server.command.some((word) => /^(?:-c|--config)\b|\.(?:jsonc?|ya?ml)$/.test(word));
  return !hasOwn && server.environment.MCP_GATEWAY_CONFIG === undefined;
}

/** Reports servers for which `isItself` is true. */
export function checkItself(servers: readonly ServerConfig[]): readonly Finding[] {
  const notes = notesOn('servers');
  const cure = 'take it out, or name another configuration in its command (-c)';
  for (const { key } of servers) notes.error(key, 'it is this gateway, which would start itself without end', cure);
  return notes.findings;
}
