import type { Caller } from '../../core/call.ts';
import { clip, GatewayError } from '../../core/errors.ts';
import { type ToolEntry, toolId } from '../../core/tool.ts';
import type { EdgeParts } from '../edge-parts.ts';

/** A tool as a request names it. */
interface Named {
  readonly tool: string;
  readonly server?: string;
}

/** Candidates named in a message; all are in the details. */
const MAX_NAMED = 10;

/**
 * Id of the tool that is meant by an id or a bare name among those that the caller may know of. Where none is, the id
 * under which the broker is to look. Throws `AMBIGUOUS_TOOL` where several are.
 */
export function namedTool(named: Named, caller: Caller, parts: Pick<EdgeParts, 'tools' | 'refused'>): string {
  try {
    return idOf(named, parts.tools(caller));
  } catch (error) {
    if (error instanceof GatewayError) parts.refused(caller, named.tool, error);
    throw error;
  }
}

function idOf({ tool, server }: Named, known: readonly ToolEntry[]): string {
  const own = server === undefined ? known : known.filter((entry) => entry.server === server);
  if (own.some(({ id }) => id === tool)) return tool;
  const named = own.filter(({ definition }) => definition.name === tool);
  if (named.length > 1) throw ambiguous(tool, named);
  if (named[0]) return named[0].id;
  return server === undefined || tool.startsWith(toolId(server, '')) ? tool : toolId(server, tool);
}

function ambiguous(tool: string, named: readonly ToolEntry[]): GatewayError {
  const candidates = named.map(({ id }) => id);
  const shown = candidates.slice(0, MAX_NAMED).map((id) => `"${clip(id)}"`);
  const more = candidates.length > MAX_NAMED ? ` and ${candidates.length - MAX_NAMED} more` : '';
  const message = `${candidates.length} servers have a tool "${clip(tool, 120)}": ${shown.join(', ')}${more}; give one of these ids, or server beside the name`;
  return new GatewayError('AMBIGUOUS_TOOL', message, { details: { candidates } });
}
