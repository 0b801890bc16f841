import { join } from 'node:path';
import { dataDirectory } from '../../platform/directories.ts';
import { readStats, resetStats } from '../../policy/stats/stats-file.ts';
import { statsAsJson, statsReport } from './stats-report.ts';
import { clientHome, misused, reporting, shownPath, type Terminal } from './terminal.ts';

export interface StatsArguments {
  /** Words after the command: there should be none. */
  readonly words: readonly string[];
  readonly json?: boolean | undefined;
  readonly reset?: boolean | undefined;
}

/** `mcp-gateway stats`: what was counted on this machine, or a fresh start. Resolves with the exit code. */
export async function stats({ words, json, reset }: StatsArguments, terminal: Terminal): Promise<number> {
  if (words.length > 0) return misused(terminal, 'stats', `found ${JSON.stringify(words[0])}, expected options`);
  const path = join(dataDirectory(terminal.env), 'stats.json');
  const name = shownPath(path, clientHome(terminal).home);
  return reporting(terminal, 'stats', async () => {
    if (reset) await resetStats(path);
    const known = await readStats(path);
    if (json) terminal.write(`${JSON.stringify(statsAsJson(known), undefined, 2)}\n`);
    else if (reset) terminal.write(`Counting begins anew in ${name}\n`);
    else terminal.write(statsReport(known, name));
    return 0;
  });
}
