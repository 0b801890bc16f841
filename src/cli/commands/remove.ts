import { resolve } from 'node:path';
import { suggestion } from '../../config/diagnostic.ts';
import { resolveConfigPath } from '../../config/locate.ts';
import { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { nearest } from '../../core/nearest.ts';
import { clientHome } from '../client-configs/client.ts';
import { type OurFile, readOurFile, withoutServers } from '../client-configs/our-file.ts';
import { replaceFile } from '../client-configs/replace-file.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { displayPath } from '../terminal/text-layout.ts';
import type { CommandArguments } from './command.ts';
import { reportErrors, reportMisuse } from './report.ts';

/**
 * Implements `mcp-gateway remove <name…>`: removes servers from our file. Resolves with the exit code: 0 removed, 1 not
 * removed, 2 misused.
 */
export async function remove({ words: names, config }: CommandArguments, terminal: Terminal): Promise<number> {
  if (names.length === 0) return reportMisuse(terminal, 'remove', 'names no server');
  return reportErrors(terminal, 'remove', async () => {
    const { cwd, env } = terminal;
    const file = await readOurFile(resolveConfigPath({ argument: config && resolve(cwd, config), env }));
    checkNames(names, file);
    const after = await withoutServers(file, names);
    const backup = await replaceFile({ path: file.path, before: file.text, after, backup: true });
    const { home } = clientHome(terminal);
    const kept = backup ? `; as it was: ${displayPath(backup, home)}` : '';
    terminal.write(`Removed ${displayText(names.join(', '))} from ${displayPath(file.path, home)}${kept}\n`);
    return 0;
  });
}

/** Throws `SERVER_NOT_FOUND` if the file lacks one of these servers. */
export function checkNames(names: readonly string[], { path, raw }: OurFile): void {
  const known = raw.entries.map(({ key }) => key);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw notThere(unknown, path, known);
}

function notThere(name: string, path: string, known: readonly string[]): GatewayError {
  const meant = suggestion(nearest(name, known)) || (known.length > 0 ? `; it has ${known.join(', ')}` : '');
  return new GatewayError('SERVER_NOT_FOUND', `${path}: has no server ${JSON.stringify(name)}${meant}`);
}
