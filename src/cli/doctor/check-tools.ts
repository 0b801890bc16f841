import { clip } from '../../core/errors.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { type Finding, notesOn } from './finding.ts';

/** What guards have to say about tools: changed definitions, hidden text, orders to the model. */
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

/** A line of the log, as far as it is looked at. */
export interface LoggedProblem {
  readonly message: string;
  readonly server?: string;
  readonly problem?: string;
  readonly error?: string;
}

/** What servers list that cannot be used, as the gateway logged it. */
export function checkLists(logged: readonly LoggedProblem[]): readonly Finding[] {
  const notes = notesOn('servers');
  const cure = 'tell who makes the server; its other tools work';
  for (const { message, server = '', problem = '' } of logged)
    if (message === 'tools/list') notes.warning(server, problem, cure);
  return notes.findings;
}

/** What servers print where their answers are read. */
const NOISE = /^wrote to stdout what is (?:not JSON|no JSON-RPC message): (.*)$/s;
const MAX_NOISE = 80;

/** Servers that print something else than JSON-RPC on stdout: clients that are stricter than we are give them up. */
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
