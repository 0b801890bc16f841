import type { ServerView } from '../../broker/server-views.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { SERVER_STATES, stands } from '../../core/server-state.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { instructions } from '../../downstream/protocol/instructions.ts';
import { metaToolDefinitions } from '../../downstream/protocol/meta-tools.ts';
import { definitionTokens, textTokens } from '../../policy/stats/definition-tokens.ts';
import { type Colors, colorsFor, isForPeople, type Terminal } from '../terminal/terminal.ts';
import { align, type Cell, jsonText } from '../terminal/text-layout.ts';
import { type CommandArguments, LIST_SECONDS, timeoutMs } from './command.ts';
import { allTools, type LocalGateway, waitOf, withGateway } from './local-gateway.ts';
import { reportMisuse } from './report.ts';

/** State of a server, and the cost of its tools to a client that connects to it directly. */
export interface ListedServer extends ServerView {
  /** Estimated tokens of the definitions of all its tools; absent if they are not known. */
  readonly tokens?: number;
  /** The request that a connecting server has not answered. */
  readonly waitsFor?: string;
}

/** Cost of the tool definitions in every request of a client, in estimated tokens. */
export interface TokenBill {
  readonly tools: number;
  readonly directTokens: number;
  readonly gatewayTokens: number;
}

export interface ListedTool {
  readonly id: string;
  readonly tokens: number;
  readonly description: string;
}

/**
 * Implements `mcp-gateway list [server…]`: shows the servers with their states and costs, or the tools of the named
 * ones. Resolves with the exit code: 0, or 1 if there is no configuration or no such server.
 */
export async function list(args: CommandArguments, terminal: Terminal): Promise<number> {
  const patienceMs = timeoutMs(args.timeout, LIST_SECONDS);
  if (typeof patienceMs === 'string') return reportMisuse(terminal, 'list', patienceMs);
  const servers = args.words.length === 0 ? undefined : args.words;
  const options = { config: args.config, servers, wakes: args.start ? () => true : undefined, patienceMs };
  return withGateway('list', options, terminal, async (local) => {
    const write = isForPeople(args, terminal) ? undefined : (value: unknown) => terminal.write(jsonText(value));
    if (servers) {
      tellWaits(servers, local, terminal);
      const tools = (await allTools(local, servers)).map(listedTool);
      if (write) write({ tools });
      else terminal.write(toolTable(tools, terminal));
    } else {
      const visible = await allTools(local);
      const listed = local.gateway.servers().map((view) => listedServer(view, visible, local));
      const bill = billOf(listed, local);
      if (write) write({ servers: listed, ...bill });
      else
        terminal.write(
          serverTable(
            listed.map((server) => briefly(server, local)),
            bill,
            terminal,
          ),
        );
    }
    return 0;
  });
}

/** Writes the state of each named server whose tools are not known. */
function tellWaits(servers: readonly string[], local: LocalGateway, terminal: Terminal): void {
  for (const { id, status, error } of local.gateway.servers()) {
    if (!servers.includes(id) || local.pool.upstreams.get(id)?.isKnown) continue;
    const upstream = local.pool.upstreams.get(id);
    const why = error ?? (upstream && waitOf(upstream, local.lastWords(id)));
    terminal.writeError(
      `mcp-gateway list: ${displayText(id)} ${stands(status)}${why ? `: ${displayText(why)}` : ''}\n`,
    );
  }
}

/**
 * Adds counts to a server: `tools` without hidden tools, `tokens` with them, because a client that connects directly
 * would get them.
 */
function listedServer(
  view: ServerView,
  visible: readonly ToolEntry[],
  { catalog, pool, lastWords }: LocalGateway,
): ListedServer {
  const tools = visible.filter(({ server }) => server === view.id).length;
  const upstream = pool.upstreams.get(view.id);
  const waitsFor = upstream && waitOf(upstream, lastWords(view.id));
  const known = { ...view, tools, ...(waitsFor !== undefined && { waitsFor }) };
  if (!upstream?.isKnown) return known;
  const definitions = catalog.toolsOf(view.id).map(({ definition }) => definition);
  return { ...known, tokens: definitionTokens(definitions) };
}

/** Shortens the error of a wrong entry to its place within the file. */
function briefly(server: ListedServer, { config }: LocalGateway): ListedServer {
  return server.error === undefined ? server : { ...server, error: server.error.replaceAll(`${config.path}: `, '') };
}

/** Returns a tool in the form of lists, with the cost of its definition. */
export function listedTool({ id, definition }: ToolEntry): ListedTool {
  const { description, title } = definition;
  const text = [description, title].find((each) => typeof each === 'string') as string | undefined;
  return { id, tokens: definitionTokens([definition]), description: text ?? '' };
}

function billOf(servers: readonly ListedServer[], { config, catalogCache }: LocalGateway): TokenBill {
  const sum = (of: (server: ListedServer) => number) => servers.reduce((total, server) => total + of(server), 0);
  const told = instructions(config, catalogCache);
  return {
    tools: sum(({ tools }) => tools),
    directTokens: sum(({ tokens = 0 }) => tokens),
    gatewayTokens: definitionTokens(metaToolDefinitions()) + textTokens(told),
  };
}

/** Returns a table of servers, one on each line, and the cost of their tools. */
function serverTable(servers: readonly ListedServer[], bill: TokenBill, terminal: Terminal): string {
  const colors = colorsFor(terminal);
  if (servers.length === 0) return 'No servers yet: mcp-gateway import takes them over, mcp-gateway add writes one.\n';
  const header = ['SERVER', 'STATE', { text: 'TOOLS', right: true }, { text: 'TOKENS', right: true }, ''];
  const rows = servers.map((server) => serverRow(server, colors));
  const table = lines([header.map((cell) => dim(cell, colors)), ...rows], terminal);
  return `${table}\n${billLine(servers, bill, colors)}\n${waitLine(servers, colors)}`;
}

/** Returns a table of tools, one on each line, in the given order (of their ids). */
export function toolTable(tools: readonly ListedTool[], terminal: Terminal): string {
  const colors = colorsFor(terminal);
  if (tools.length === 0) return 'No tools.\n';
  const header = ['TOOL', { text: 'TOKENS', right: true }, ''].map((cell) => dim(cell, colors));
  const rows = tools.map(({ id, tokens, description }): Cell[] => [
    { text: displayText(id), color: colors.bold },
    { text: number(tokens), right: true },
    { text: oneLine(description), color: colors.dim },
  ]);
  return lines([header, ...rows], terminal);
}

function lines(rows: readonly (readonly Cell[])[], { columns }: Terminal): string {
  return `${align(rows, columns).join('\n')}\n`;
}

function serverRow(server: ListedServer, colors: Colors): Cell[] {
  const { id, status, available, error, tools, tokens, description, waitsFor } = server;
  const colour = available ? colors.green : status === 'disabled' ? colors.dim : colors.red;
  const why =
    error ?? waitsFor ?? (status === 'needs_auth' ? 'the first call of a tool asks for the login' : undefined);
  return [
    { text: displayText(id), color: colors.bold },
    { text: SERVER_STATES[status], color: colour },
    { text: number(tools), right: true },
    { text: tokens === undefined ? '?' : number(tokens), right: true },
    why
      ? { text: oneLine(why), color: colors.red, wraps: true }
      : { text: oneLine(description ?? ''), color: colors.dim },
  ];
}

function billLine(servers: readonly ListedServer[], bill: TokenBill, colors: Colors): string {
  const { tools, directTokens, gatewayTokens } = bill;
  const count = `${number(tools)} ${tools === 1 ? 'tool' : 'tools'} of ${servers.length === 1 ? '1 server' : `${servers.length} servers`}`;
  const costs = colors.bold(`${number(directTokens)} tokens directly → ${number(gatewayTokens)} now`);
  return `${count}: ${costs} ${colors.dim('(estimated, in every request)')}`;
}

function waitLine(servers: readonly ListedServer[], colors: Colors): string {
  const waiting = servers.filter(({ status }) => status === 'connecting').length;
  if (waiting === 0) return '';
  const who = waiting === 1 ? '1 server is' : `${waiting} servers are`;
  return `${colors.yellow(`${who} still connecting: --timeout 60 waits that many seconds`)}\n`;
}

function dim(cell: string | { readonly text: string; readonly right: boolean }, colors: Colors): Cell {
  return typeof cell === 'string' ? { text: cell, color: colors.dim } : { ...cell, color: colors.dim };
}

function oneLine(text: string): string {
  return displayText(text.replace(/\s+/g, ' ').trim());
}

function number(value: number): string {
  return value.toLocaleString('en');
}
