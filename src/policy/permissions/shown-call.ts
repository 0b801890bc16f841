import { clip } from '../../core/errors.ts';
import { escaped } from '../../core/escaped.ts';
import { writeJson } from '../../core/exact-json.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { shownArguments } from '../../observe/shown-arguments.ts';

/** Characters of one text, and of all arguments together: whoever agrees has to see what to. */
const MAX_TEXT = 1_000;
const MAX_ARGUMENTS = 4_000;
const MAX_NAME = 120;

/** A call for the person who decides on it: server, tool and arguments, secrets blanked, nothing invisible. */
export function shownCall({ server, definition }: Pick<ToolEntry, 'server' | 'definition'>, args: JsonObject): string {
  const written = writeJson(shownArguments(args, MAX_TEXT), 2);
  const cut = written.length > MAX_ARGUMENTS ? `\n(cut: ${written.length} characters)` : '';
  const told = written === '{}' ? 'without arguments.' : `with:\n${escaped(clip(written, MAX_ARGUMENTS))}${cut}`;
  return `Call the tool ${named(definition.name)} of the server ${named(server)} ${told}`;
}

function named(name: string): string {
  return escaped(JSON.stringify(clip(name, MAX_NAME)));
}
