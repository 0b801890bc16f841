import { clip } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { definitionTokens, textTokens } from '../../policy/stats/definition-tokens.ts';
import { type Finding, notesOn } from './finding.ts';

/** Reports the remarks of the guards on tools: changed definitions, hidden text, orders to the model. */
export function checkTools(
  tools: readonly ToolEntry[],
  remarks: (tool: ToolEntry) => readonly string[],
): readonly Finding[] {
  const notes = notesOn('trust');
  for (const tool of tools)
    for (const remark of remarks(tool))
      notes.warning(tool.id, remark, `read its definition; mcp-gateway trust ${tool.server} if it is right`);
  return notes.findings;
}

/** The fields of a log message that the checks read. */
export interface LoggedProblem {
  readonly message: string;
  readonly server?: string;
  readonly problem?: string;
  readonly error?: string;
}

/** Reports listed items that cannot be used, from the gateway's log messages. */
export function checkLists(logged: readonly LoggedProblem[]): readonly Finding[] {
  const notes = notesOn('servers');
  const cure = 'tell who makes the server; its other tools work';
  for (const { message, server = '', problem = '' } of logged)
    if (message === 'tools/list') notes.warning(server, problem, cure);
  return notes.findings;
}

/** Matches the log message for a line on a server's stdout that is no JSON-RPC message. */
const NOISE = /^wrote to stdout what is (?:not JSON|no JSON-RPC message): (.*)$/s;
const MAX_NOISE = 80;

/** Reports servers that print lines other than JSON-RPC on stdout: stricter clients disconnect from them. */
export function checkNoise(logged: readonly LoggedProblem[]): readonly Finding[] {
  const notes = notesOn('servers');
  const printed = new Map<string, string[]>();
  for (const { message, server = '', error = '' } of logged) {
    const [, line] = (message === 'transport' && NOISE.exec(error)) || [];
    if (line !== undefined) printed.set(server, [...(printed.get(server) ?? []), line]);
  }
  for (const [server, [first = '', ...more]] of printed) {
    const lines = more.length > 0 ? ` and ${more.length} more such ${more.length === 1 ? 'line' : 'lines'}` : '';
    const cause = `it prints ${JSON.stringify(clip(first.trim(), MAX_NOISE))}${lines} where only JSON-RPC may stand (stdout)`;
    notes.warning(server, cause, 'log to stderr, or take out of command what prints');
  }
  return notes.findings;
}

/** Tokens that clients send with every request: with all servers directly, and with the gateway. */
export interface TokenBill {
  readonly direct: number;
  readonly gateway: number;
  /** Tokens that each server would cost directly, by key. */
  readonly servers: Readonly<Record<string, number>>;
}

/** Returns the bill of all known tools; the gateway's own part consists of the meta-tools and the instructions. */
export function tokenBill(
  tools: readonly ToolEntry[],
  ours: { readonly tools: readonly JsonObject[]; readonly instructions: string },
): TokenBill {
  const keys = [...new Set(tools.map(({ server }) => server))];
  const servers = keys.map((key): [string, number] => {
    const own = tools.filter(({ server }) => server === key).map(({ definition }) => definition);
    return [key, definitionTokens(own)];
  });
  const direct = servers.reduce((sum, [, tokens]) => sum + tokens, 0);
  const gateway = definitionTokens(ours.tools) + textTokens(ours.instructions);
  return { direct, gateway, servers: Object.fromEntries(servers) };
}

export function checkTokens({ direct, gateway }: TokenBill, tools: number): readonly Finding[] {
  const notes = notesOn('tokens');
  if (tools === 0) return [];
  const [before, now] = [direct, gateway].map((tokens) => tokens.toLocaleString('en'));
  const saved = Math.round(100 * (1 - gateway / direct));
  const comparison = direct > gateway ? `${saved} % less` : 'more: the gateway pays off from more tools on';
  notes.ok(
    `${tools} tools`,
    `would cost about ${before} tokens directly and cost ${now} through the gateway: ${comparison}`,
  );
  return notes.findings;
}
