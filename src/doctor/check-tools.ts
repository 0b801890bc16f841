import type { ToolEntry } from '../core/tool.ts';
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
}

/** What servers list that cannot be used, as the gateway logged it. */
export function checkLists(logged: readonly LoggedProblem[]): readonly Finding[] {
  const notes = notesOn('servers');
  const cure = 'tell who makes the server; its other tools work';
  for (const { message, server = '', problem = '' } of logged)
    if (message === 'tools/list') notes.warning(server, problem, cure);
  return notes.findings;
}
