import { writeRecord } from '../../config/project/project-file.ts';
import { dataDirectory } from '../../platform/directories.ts';
import { clientHome } from '../client-configs/client.ts';
import { displayPath } from '../terminal/display.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { projectTarget } from './configuration.ts';
import { reportErrors, reportMisuse } from './report.ts';

/**
 * `mcp-gateway disallow [file or directory]`: the file of a project counts for nothing any more, and is not mentioned either.
 * Resolves with the exit code: 0 done, 1 failed, 2 misused.
 */
export async function disallow(words: readonly string[], terminal: Terminal): Promise<number> {
  if (words.length > 1) return reportMisuse(terminal, 'disallow', `found ${words.length} arguments, expected one`);
  return reportErrors(terminal, 'disallow', async () => {
    const directory = dataDirectory(terminal.env);
    const path = projectTarget(words[0], terminal, directory);
    await writeRecord(directory, { path });
    const name = displayPath(path, clientHome(terminal).home);
    terminal.write(`${name} has no effect any more, whatever is written to it; mcp-gateway allow takes this back.\n`);
    return 0;
  });
}
