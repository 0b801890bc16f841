import { writeRecord } from '../../config/project/project-file.ts';
import { dataDirectory } from '../../platform/directories.ts';
import { projectTarget } from './configuration.ts';
import { clientHome, misused, reporting, shownPath, type Terminal } from './terminal.ts';

/**
 * `mcp-gateway disallow [file or directory]`: the file of a project counts for nothing any more, and is not mentioned either.
 * Resolves with the exit code: 0 done, 1 failed, 2 misused.
 */
export async function disallow(words: readonly string[], terminal: Terminal): Promise<number> {
  if (words.length > 1) return misused(terminal, 'disallow', `found ${words.length} arguments, expected one`);
  return reporting(terminal, 'disallow', async () => {
    const directory = dataDirectory(terminal.env);
    const path = projectTarget(words[0], terminal, directory);
    await writeRecord(directory, { path });
    const name = shownPath(path, clientHome(terminal).home);
    terminal.write(`${name} has no effect any more, whatever is written to it; mcp-gateway allow takes this back.\n`);
    return 0;
  });
}
