import type { ToolResult } from '../../../core/call.ts';
import { GatewayError } from '../../../core/errors.ts';
import { isJsonObject } from '../../../core/json.ts';
import { paintFor } from '../../terminal/paint.ts';
import type { LocalGateway } from '../local-gateway.ts';
import { shown, type Terminal } from '../terminal.ts';

/** How servers say that a path lies outside of what they may touch. */
const DENIED =
  /access denied|permission denied|(?:outside|not (?:with)?in)\b[^.]{0,40}\b(?:allowed|permitted|root|workspace|project)|(?:no|not an?|none of the) (?:allowed|permitted) (?:director|folder|path|root)|\broots?\b[^.]{0,40}\b(?:required|missing|empty|not (?:supported|provided|set))|(?:no|without|support) (?:mcp )?roots\b/i;

type Roots = readonly string[] | undefined;

/** What a person has to know of roots when a server denies access; undefined: that is not what it says. */
export function rootsHint(said: string, id: string, given: Roots, { config }: LocalGateway): string | undefined {
  if (!DENIED.test(said)) return undefined;
  const server = config.servers.find(({ key }) => id.startsWith(`${key}::`));
  const roots = given ?? server?.roots;
  if (roots)
    return `The server was told of these folders as roots: ${roots.join(', ')}. It may take them in place of those in its arguments.`;
  return 'The server was told of no folders (roots), as mcp-gateway call offers none unless asked: --root DIR does, and "roots" in its entry always.';
}

/** The same after the error that a tool answered with. */
export function tellOfRoots(
  result: ToolResult,
  id: string,
  given: Roots,
  local: LocalGateway,
  terminal: Terminal,
): void {
  const blocks = Array.isArray(result.content) ? result.content.filter(isJsonObject) : [];
  const hint = rootsHint(blocks.map(({ text }) => text).join('\n'), id, given, local);
  if (hint) terminal.writeError(`${paintFor(terminal, 'error').yellow(shown(hint))}\n`);
}

/** The same with an error of the server, or of one that does not start without. */
export function withRootsHint(error: unknown, id: string, given: Roots, local: LocalGateway): unknown {
  if (!(error instanceof GatewayError)) return error;
  const hint = rootsHint(error.message, id, given, local);
  return hint
    ? new GatewayError(error.code, `${error.message} ${hint}`, { details: error.details, cause: error })
    : error;
}
