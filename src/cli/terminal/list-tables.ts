import { SERVER_STATES } from '../../core/server-state.ts';
import type { ListedServer, ListedTool, TokenBill } from '../commands/list.ts';
import { shown, type Terminal } from '../commands/terminal.ts';
import { align, type Cell } from './align.ts';
import { type Paint, paintFor } from './paint.ts';

/** Servers, one a line, and what their tools cost. */
export function serverTable(servers: readonly ListedServer[], bill: TokenBill, terminal: Terminal): string {
  const paint = paintFor(terminal);
  if (servers.length === 0) return 'No servers yet: mcp-gateway import takes them over, mcp-gateway add writes one.\n';
  const header = ['SERVER', 'STATE', { text: 'TOOLS', right: true }, { text: 'TOKENS', right: true }, ''];
  const rows = servers.map((server) => serverRow(server, paint));
  const table = lines([header.map((cell) => dim(cell, paint)), ...rows], terminal);
  return `${table}\n${billLine(servers, bill, paint)}\n${waitLine(servers, paint)}`;
}

/** Tools, one a line, dearest last in view: in the order of their ids. */
export function toolTable(tools: readonly ListedTool[], terminal: Terminal): string {
  const paint = paintFor(terminal);
  if (tools.length === 0) return 'No tools.\n';
  const header = ['TOOL', { text: 'TOKENS', right: true }, ''].map((cell) => dim(cell, paint));
  const rows = tools.map(({ id, tokens, description }): Cell[] => [
    { text: shown(id), paint: paint.bold },
    { text: number(tokens), right: true },
    { text: oneLine(description), paint: paint.dim },
  ]);
  return lines([header, ...rows], terminal);
}

function lines(rows: readonly (readonly Cell[])[], { columns }: Terminal): string {
  return `${align(rows, columns).join('\n')}\n`;
}

function serverRow(server: ListedServer, paint: Paint): Cell[] {
  const { id, status, available, error, tools, tokens, description, waitsFor } = server;
  const colour = available ? paint.green : status === 'disabled' ? paint.dim : paint.red;
  const why =
    error ?? waitsFor ?? (status === 'needs_auth' ? 'the first call of a tool asks for the login' : undefined);
  return [
    { text: shown(id), paint: paint.bold },
    { text: SERVER_STATES[status], paint: colour },
    { text: number(tools), right: true },
    { text: tokens === undefined ? '?' : number(tokens), right: true },
    why
      ? { text: oneLine(why), paint: paint.red, wraps: true }
      : { text: oneLine(description ?? ''), paint: paint.dim },
  ];
}

function billLine(servers: readonly ListedServer[], bill: TokenBill, paint: Paint): string {
  const { tools, directTokens, gatewayTokens } = bill;
  const count = `${number(tools)} ${tools === 1 ? 'tool' : 'tools'} of ${servers.length === 1 ? '1 server' : `${servers.length} servers`}`;
  const costs = paint.bold(`${number(directTokens)} tokens directly → ${number(gatewayTokens)} now`);
  return `${count}: ${costs} ${paint.dim('(estimated, in every request)')}`;
}

function waitLine(servers: readonly ListedServer[], paint: Paint): string {
  const waiting = servers.filter(({ status }) => status === 'connecting').length;
  if (waiting === 0) return '';
  const who = waiting === 1 ? '1 server is' : `${waiting} servers are`;
  return `${paint.yellow(`${who} still connecting: --timeout 60 waits that many seconds`)}\n`;
}

function dim(cell: string | { readonly text: string; readonly right: boolean }, paint: Paint): Cell {
  return typeof cell === 'string' ? { text: cell, paint: paint.dim } : { ...cell, paint: paint.dim };
}

function oneLine(text: string): string {
  return shown(text.replace(/\s+/g, ' ').trim());
}

function number(value: number): string {
  return value.toLocaleString('en');
}
