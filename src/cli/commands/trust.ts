import { suggestion } from '../../config/diagnostic.ts';
import type { GatewayConfig } from '../../config/load.ts';
import type { ServerConfig } from '../../config/schema.ts';
import type { Environment } from '../../config/substitute.ts';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { displayText, escaped } from '../../core/invisible-characters.ts';
import type { JsonObject } from '../../core/json.ts';
import { nearest } from '../../core/nearest.ts';
import { stands } from '../../core/server-state.ts';
import type { ToolDefinition } from '../../core/tool.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { cacheDirectory, dataDirectory } from '../../platform/directories.ts';
import { definitionDiff, type Piece, type PlaceDiff } from '../../policy/trust/definition-diff.ts';
import { fingerprintOf, isSame, partNames } from '../../policy/trust/fingerprint.ts';
import { type Review, review, trust, type ViolatingTool } from '../../policy/trust/review.ts';
import { isPinned } from '../../policy/trust/trust.ts';
import { readTrust, trustPath } from '../../policy/trust/trust-file.ts';
import { cureFor } from '../../policy/trust/trust-messages.ts';
import { serverMemory } from '../../upstream/catalog-cache.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandArguments } from './command.ts';
import { START_SECONDS, timeoutMs } from './command.ts';
import { readConfiguration } from './configuration.ts';
import { reportErrors, reportMisuse } from './report.ts';

/** A server with its current tools and the review of them. */
interface Looked extends Review {
  readonly server: ServerConfig;
  readonly path: string;
  readonly isPinned: boolean;
  readonly tools: readonly ToolDefinition[];
  /** The reason why the server could not be asked. */
  readonly error?: string;
}

/**
 * Implements `mcp-gateway trust [server…]`: shows what has changed on servers since the user trusted their tools, and
 * trusts the changes after a question. Resolves with the exit code: 0 done, 1 if a server could not be asked or a
 * record could not be written, 2 misused.
 */
export async function trustServers(args: CommandArguments, terminal: Terminal): Promise<number> {
  const patienceMs = timeoutMs(args.timeout, START_SECONDS);
  if (typeof patienceMs === 'string') return reportMisuse(terminal, 'trust', patienceMs);
  return reportErrors(terminal, 'trust', async () => {
    const { write } = terminal;
    const config = await readConfiguration(args.config, terminal);
    const unknown = args.words.find((name) => !config.servers.some(({ key }) => key === name));
    if (unknown !== undefined) return reportMisuse(terminal, 'trust', unknownServer(unknown, config));
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

/**
 * Reads the tools of servers; asks a server with cached tools again only if these cannot be the ones that gateways show
 * now.
 */
async function look(
  config: GatewayConfig,
  args: CommandArguments & { readonly patienceMs: number },
  { env }: Terminal,
): Promise<readonly Looked[]> {
  const wanted = config.servers.filter(({ key }) => args.words.length === 0 || args.words.includes(key));
  const memory = serverMemory(cacheDirectory(env));
  const remembered = new Map(wanted.map((server) => [server.key, memory.recall(server)?.tools]));
  const pathOf = (server: ServerConfig) => trustPath(dataDirectory(env), server);
  const stale = wanted.filter((server) => {
    const tools = remembered.get(server.key);
    return tools ? !explains(tools, pathOf(server)) : args.words.includes(server.key);
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

/** True if these tools include all definitions that gateways have recorded as untrusted. */
function explains(tools: readonly ToolDefinition[], path: string): boolean {
  const fingerprints = new Map(tools.map((tool) => [tool.name, fingerprintOf(tool)]));
  const { record, problem } = readTrust(path);
  if (problem !== undefined) return false;
  return [...(record?.untrusted ?? [])].every(([name, { fingerprint }]) =>
    isSame(fingerprint, fingerprints.get(name) ?? ''),
  );
}

function overview(looked: readonly Looked[], { words: servers }: CommandArguments): string {
  const texts = looked.flatMap((one) => {
    const { server, doubtful, isPinned, error, problem } = one;
    const key = displayText(server.key);
    if (error !== undefined) return `${key}: cannot be asked; it ${displayText(error)}\n`;
    if (doubtful.length > 0) return `${trustPreview({ server: server.key, isPinned, doubtful, problem })}\n`;
    const anew =
      problem === undefined
        ? []
        : `${key}: what was trusted cannot be read (${displayText(problem)}); it begins anew\n`;
    if (servers.length === 0) return anew;
    return [anew, isFirst(one) ? `${key}: nothing was known of it\n` : `${key}: as it was trusted\n`].flat();
  });
  return texts.length > 0 ? texts.join('') : 'All tools are as they were trusted.\n';
}

const isFirst = ({ record, tools }: Looked) => record === undefined && tools.length > 0;

/** Asks the user and records the trust; resolves with the keys of the servers whose tools are now trusted. */
async function decided(
  looked: readonly Looked[],
  args: CommandArguments,
  terminal: Terminal,
): Promise<readonly string[]> {
  const say = args.json ? () => {} : terminal.write;
  const open = looked.filter((one) => one.doubtful.length > 0 || (isFirst(one) && args.words.length > 0));
  if (open.length === 0) return [];
  if (args.words.length === 0 && !args.all) {
    say(`To trust them: ${open.map(({ server }) => cureFor(server.key)).join('; ')}; or mcp-gateway trust --all\n`);
    return [];
  }
  const trusted: string[] = [];
  for (const one of open) {
    const { server, path, doubtful, tools } = one;
    const chosen = isFirst(one) ? tools : doubtful.map(({ now }) => now);
    const what = `${chosen.length === 1 ? '1 tool' : `${chosen.length} tools`} of ${displayText(server.key)}`;
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
    tools: doubtful.map(({ violation, changed, before, now, suspicious }) => ({
      ...{ tool: now.name, kind: violation.kind, changed, before, now },
      since: new Date(violation.since ?? Date.now()).toISOString(),
      ...(suspicious.length > 0 && { suspicious }),
    })),
  };
}

/** Tools that servers list, by key of the server; a string is the reason why that server could not be asked. */
export type CurrentTools = ReadonlyMap<string, readonly ToolDefinition[] | string>;

/**
 * Starts or connects to these servers, asks each for its tools, and ends them, all within `patienceMs`. Stores their
 * lists in the catalog cache, as each connection does.
 */
async function askForTools(
  config: GatewayConfig,
  servers: readonly ServerConfig[],
  env: Environment,
  patienceMs: number,
): Promise<CurrentTools> {
  const asked = { ...config, servers: servers.map((server) => ({ ...server, start: 'eager' as const })) };
  const gateway = new Gateway(asked, { cacheDirectory: cacheDirectory(env) });
  try {
    gateway.startServers();
    await gateway.settled(patienceMs);
    const { catalog } = gateway.internals();
    const views = gateway.servers().filter(({ id }) => servers.some(({ key }) => key === id));
    return new Map(
      views.map(({ id, status, error }) => {
        const tools = catalog.toolsOf(id).map(({ definition }) => definition);
        return [id, status === 'ready' ? tools : `${stands(status)}${error ? ` (${error})` : ''}`];
      }),
    );
  } finally {
    await gateway.stop();
  }
}

/** A server and its doubtful definitions. */
export interface DoubtfulServer {
  readonly server: string;
  readonly isPinned: boolean;
  readonly doubtful: readonly ViolatingTool[];
  /** The reason why the record of trusted tools cannot be read; absent if it can. */
  readonly problem?: string | undefined;
}

/** Greatest number of lines shown of one place. */
const MAX_LINES = 60;

/** Describes the changes of a server since it was trusted, for people: invisible characters are shown escaped. */
function trustPreview({ server, isPinned, doubtful, problem }: DoubtfulServer): string {
  const kinds = Object.entries(KINDS).flatMap(([kind, word]) => {
    const count = doubtful.filter(({ violation }) => violation.kind === kind).length;
    return count > 0 ? `${count} ${word}` : [];
  });
  const pin = isPinned ? '; pinned: blocked until trusted' : '';
  const lost =
    problem === undefined ? [] : [`  What was trusted cannot be read (${escaped(problem)}): all of it is shown.`];
  return `${[`${escaped(server)}: ${kinds.join(', ')}${pin}`, ...lost, ...doubtful.flatMap(toolLines)].join('\n')}\n`;
}

const KINDS: Readonly<Partial<Record<ViolatingTool['violation']['kind'], string>>> = {
  changed: 'changed',
  new: 'new',
  lost: 'to be trusted anew',
  full: 'more than are kept',
};

function toolLines(tool: ViolatingTool): string[] {
  const { violation, changed, before, now, suspicious } = tool;
  const day = new Date(violation.since ?? Date.now()).toISOString().slice(0, 10);
  const what = violation.kind === 'changed' ? partNames(changed) : (KINDS[violation.kind] ?? violation.kind);
  const head = `  ${violation.kind === 'changed' ? '~' : '+'} ${escaped(now.name)}: ${what} (seen since ${day})`;
  const isLost = violation.kind === 'changed' && before === undefined;
  const places = definitionDiff(before, now);
  return [
    head,
    ...(isLost ? ['      (the old text was not kept: all of it is shown)'] : []),
    ...places.flatMap(placeLines),
    ...suspicious.map((sentence) => `      ! ${escaped(sentence)}`),
  ];
}

function placeLines({ place, pieces }: PlaceDiff): string[] {
  const lines = shortened(pieces).map(({ mark, text }) => `        ${mark} ${escaped(text).replace(/\n/g, ' ')}`);
  const more = lines.length - MAX_LINES;
  return [
    `      ${escaped(place)}`,
    ...lines.slice(0, MAX_LINES),
    ...(more > 0 ? [`          … ${more} more (--json has all)`] : []),
  ];
}

/** Replaces unchanged pieces that are not beside a changed one by an ellipsis. */
function shortened(pieces: readonly Piece[]): readonly Piece[] {
  const isNews = (at: number) => (pieces[at]?.mark ?? ' ') !== ' ';
  return pieces.flatMap((piece, at) => {
    if (isNews(at - 1) || isNews(at) || isNews(at + 1)) return [piece];
    return isNews(at + 2) || at === pieces.length - 1 ? [{ mark: ' ' as const, text: '…' }] : [];
  });
}
