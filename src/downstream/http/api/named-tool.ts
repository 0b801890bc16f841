import type { Unavailable } from '../../../broker/broker.ts';
import type { Caller } from '../../../core/call.ts';
import { clip, GatewayError } from '../../../core/errors.ts';
import { type ToolEntry, toolId } from '../../../core/tool.ts';
import type { EdgeParts } from '../edge-parts.ts';

/** A tool as a request names it. */
interface Named {
  readonly tool: string;
  readonly server?: string;
}

/** Candidates named in a message; all are in the details. */
const MAX_NAMED = 10;

/**
 * Id of the tool that a request names: by a name beside its server; by an id, which is whatever else has "::" in it; or by a
 * bare name. A bare name waits for servers as a search does, and means a tool only where it can mean no other. Throws
 * `AMBIGUOUS_TOOL` where several servers have it, or one that cannot be asked may have it.
 */
export async function namedTool(
  named: Named,
  caller: Caller,
  parts: Pick<EdgeParts, 'tools' | 'refused' | 'broker'>,
): Promise<string> {
  try {
    if (named.server !== undefined) return idWithin(named.tool, named.server);
    return named.tool.includes('::') ? named.tool : await idOfName(named.tool, caller, parts);
  } catch (error) {
    if (error instanceof GatewayError) parts.refused(caller, named.tool, error);
    throw error;
  }
}

/** Whose it is has been said: whether there is such a tool is for the broker to find out. */
function idWithin(tool: string, server: string): string {
  return tool.startsWith(toolId(server, '')) ? tool : toolId(server, tool);
}

async function idOfName(
  tool: string,
  caller: Caller,
  { tools, broker }: Pick<EdgeParts, 'tools' | 'broker'>,
): Promise<string> {
  const unknown = await broker.awaited(() => true);
  const known = tools(caller);
  const named = known.filter(({ definition }) => definition.name === tool);
  if (named.length > 1) throw ambiguous(tool, named);
  // A server that was asked before is known by what it offered then, wherever it stands now.
  const silent = unknown.filter((one) => !known.some((entry) => entry.server === one.server));
  if (silent.length > 0) throw undecided(tool, named, silent);
  return named[0]?.id ?? tool;
}

/** Whether a name means one tool cannot be told while a server that may have it says nothing. */
function undecided(tool: string, named: readonly ToolEntry[], silent: readonly Unavailable[]): GatewayError {
  const candidates = named.map(({ id }) => id);
  const states = silent.slice(0, MAX_NAMED).map(({ server, state }) => `"${clip(server)}" is ${state}`);
  const advice =
    candidates[0] === undefined ? 'an id or a server beside the name' : `the id, such as "${candidates[0]}"`;
  const message = `which tool "${clip(tool, 120)}" means cannot be told now: ${states.join(', ')} and may have one of that name; give ${advice}`;
  return new GatewayError('AMBIGUOUS_TOOL', message, { details: { candidates, unavailable: silent } });
}

function ambiguous(tool: string, named: readonly ToolEntry[]): GatewayError {
  const candidates = named.map(({ id }) => id);
  const shown = candidates.slice(0, MAX_NAMED).map((id) => `"${clip(id)}"`);
  const more = candidates.length > MAX_NAMED ? ` and ${candidates.length - MAX_NAMED} more` : '';
  const message = `${candidates.length} servers have a tool "${clip(tool, 120)}": ${shown.join(', ')}${more}; give one of these ids, or server beside the name`;
  return new GatewayError('AMBIGUOUS_TOOL', message, { details: { candidates } });
}
