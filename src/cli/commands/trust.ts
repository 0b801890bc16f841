import { suggestion } from '../../config/finding.ts';
import type { GatewayConfig } from '../../config/load.ts';
import type { ServerConfig } from '../../config/schema.ts';
import { causeOf, GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { nearest } from '../../core/nearest.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { cacheDirectory, dataDirectory } from '../../platform/directories.ts';
import { fingerprintOf, isSame } from '../../policy/trust/fingerprint.ts';
import { isPinned } from '../../policy/trust/is-pinned.ts';
import { cureFor } from '../../policy/trust/remarks.ts';
import { type Review, review, trust } from '../../policy/trust/review.ts';
import { readTrust, trustPath } from '../../policy/trust/trust-file.ts';
import { serverMemory } from '../../upstream/server-memory.ts';
import { askForTools } from './current-tools.ts';
import { readConfiguration } from './read-configuration.ts';
import { misused, reporting, shown, type Terminal } from './terminal.ts';
import { START_SECONDS, timeoutMs } from './timeout.ts';
import { trustPreview } from './trust-preview.ts';

export interface TrustArguments {
  /** Keys; empty: every server, to look at only. */
  readonly servers: readonly string[];
  readonly config?: string | undefined;
  readonly all?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly json?: boolean | undefined;
  /** Seconds that servers may take to start, as typed. */
  readonly timeout?: string | undefined;
}

/** A server as it was looked at. */
interface Looked extends Review {
  readonly server: ServerConfig;
  readonly path: string;
  readonly isPinned: boolean;
  readonly tools: readonly ToolDefinition[];
  /** Why it could not be asked. */
  readonly error?: string;
}

/**
 * `mcp-gateway trust [server…]`: shows what has changed on servers since their tools were trusted, and trusts it after a
 * question. Resolves with the exit code: 0 done, 1 where a server could not be asked or nothing could be kept, 2 misused.
 */
export async function trustServers(args: TrustArguments, terminal: Terminal): Promise<number> {
  const patienceMs = timeoutMs(args.timeout, START_SECONDS);
  if (typeof patienceMs === 'string') return misused(terminal, 'trust', patienceMs);
  return reporting(terminal, 'trust', async () => {
    const { write } = terminal;
    const config = await readConfiguration(args.config, terminal);
    const unknown = args.servers.find((name) => !config.servers.some(({ key }) => key === name));
    if (unknown !== undefined) return misused(terminal, 'trust', unknownServer(unknown, config));
    const looked = await look(config, { ...args, patienceMs }, terminal);
    if (!args.json) write(overview(looked, args));
    const trusted = await decided(looked, args, terminal);
    if (args.json) write(`${JSON.stringify({ servers: looked.map((one) => asJson(one, trusted)) }, undefined, 2)}\n`);
    return looked.some(({ error }) => error !== undefined) ? 1 : 0;
  });
}

function unknownServer(name: string, { servers, disabled, path }: GatewayConfig): string {
  if (disabled.includes(name)) return `server ${JSON.stringify(name)} is switched off (${path})`;
  const keys = servers.map(({ key }) => key);
  return `no server ${JSON.stringify(name)}${suggestion(nearest(name, keys))} (${path})`;
}

/** What was remembered of a server is asked for again only where it cannot be what gateways show now. */
async function look(
  config: GatewayConfig,
  args: TrustArguments & { readonly patienceMs: number },
  { env }: Terminal,
): Promise<readonly Looked[]> {
  const wanted = config.servers.filter(({ key }) => args.servers.length === 0 || args.servers.includes(key));
  const memory = serverMemory(cacheDirectory(env));
  const remembered = new Map(wanted.map((server) => [server.key, memory.recall(server)?.tools]));
  const pathOf = (server: ServerConfig) => trustPath(dataDirectory(env), server);
  const stale = wanted.filter((server) => {
    const tools = remembered.get(server.key);
    return tools ? !explains(tools, pathOf(server)) : args.servers.includes(server.key);
  });
  const asked = stale.length > 0 ? await askForTools(config, stale, env, args.patienceMs) : new Map();
  return Promise.all(
    wanted.map(async (server): Promise<Looked> => {
      const path = pathOf(server);
      const pinned = isPinned(server, config.settings);
      const answer: readonly ToolDefinition[] | string = asked.get(server.key) ?? remembered.get(server.key) ?? [];
      const tools = typeof answer === 'string' ? [] : answer;
      const found = await review(path, tools, pinned);
      return { server, path, isPinned: pinned, tools, ...found, ...(typeof answer === 'string' && { error: answer }) };
    }),
  );
}

/** Whether these tools have all that gateways have found doubtful. */
function explains(tools: readonly ToolDefinition[], path: string): boolean {
  const fingerprints = new Map(tools.map((tool) => [tool.name, fingerprintOf(tool)]));
  const { record, problem } = readTrust(path);
  if (problem !== undefined) return false;
  return [...(record?.untrusted ?? [])].every(([name, { fingerprint }]) =>
    isSame(fingerprint, fingerprints.get(name) ?? ''),
  );
}

function overview(looked: readonly Looked[], { servers }: TrustArguments): string {
  const texts = looked.flatMap((one) => {
    const { server, doubtful, isPinned, error, problem } = one;
    const key = shown(server.key);
    if (error !== undefined) return `${key}: cannot be asked; it ${shown(error)}\n`;
    if (doubtful.length > 0) return `${trustPreview({ server: server.key, isPinned, doubtful, problem })}\n`;
    const anew =
      problem === undefined ? [] : `${key}: what was trusted cannot be read (${shown(problem)}); it begins anew\n`;
    if (servers.length === 0) return anew;
    return [anew, isFirst(one) ? `${key}: nothing was known of it\n` : `${key}: as it was trusted\n`].flat();
  });
  return texts.length > 0 ? texts.join('') : 'All tools are as they were trusted.\n';
}

const isFirst = ({ record, tools }: Looked) => record === undefined && tools.length > 0;

/** Keys of the servers whose tools were trusted. */
async function decided(
  looked: readonly Looked[],
  args: TrustArguments,
  terminal: Terminal,
): Promise<readonly string[]> {
  const say = args.json ? () => {} : terminal.write;
  const open = looked.filter((one) => one.doubtful.length > 0 || (isFirst(one) && args.servers.length > 0));
  if (open.length === 0) return [];
  if (args.servers.length === 0 && !args.all) {
    say(`To trust them: ${open.map(({ server }) => cureFor(server.key)).join('; ')}; or mcp-gateway trust --all\n`);
    return [];
  }
  const trusted: string[] = [];
  for (const one of open) {
    const { server, path, doubtful, tools } = one;
    const chosen = isFirst(one) ? tools : doubtful.map(({ now }) => now);
    const what = `${chosen.length === 1 ? '1 tool' : `${chosen.length} tools`} of ${shown(server.key)}`;
    const agreed = args.yes || (!args.json && (await terminal.ask?.(`Trust ${what} as shown?`)));
    if (agreed) {
      await kept(trust(path, chosen), path);
      trusted.push(server.key);
    }
    say(agreed ? `Trusted ${what}.\n` : `Nothing was changed${terminal.ask ? '' : `: --yes trusts ${what}`}.\n`);
  }
  return trusted;
}

async function kept(written: Promise<void>, path: string): Promise<void> {
  await written.catch((cause: unknown) => {
    throw new GatewayError('CONFIG_INVALID', `${path}: cannot be written (${causeOf(cause)})`, { cause });
  });
}

function asJson(looked: Looked, trusted: readonly string[]): JsonObject {
  const { server, isPinned, doubtful, error, problem } = looked;
  return {
    server: server.key,
    pinned: isPinned,
    trusted: trusted.includes(server.key),
    ...(error !== undefined && { error }),
    ...(problem !== undefined && { corrupt: true, problem }),
    tools: doubtful.map(({ doubt, changed, before, now, suspicious }) => ({
      ...{ tool: now.name, kind: doubt.kind, changed, before, now },
      since: new Date(doubt.since ?? Date.now()).toISOString(),
      ...(suspicious.length > 0 && { suspicious }),
    })),
  };
}
