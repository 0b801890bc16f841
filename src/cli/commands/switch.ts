import { resolve } from 'node:path';
import { resolveConfigPath } from '../../config/locate.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { clientHome } from '../client-configs/client.ts';
import { type OurFile, readOurFile, switchServers } from '../client-configs/our-file.ts';
import { replaceFile } from '../client-configs/replace-file.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { displayPath } from '../terminal/text-layout.ts';
import type { CommandArguments } from './command.ts';
import { checkNames } from './remove.ts';
import { reportErrors, reportMisuse } from './report.ts';

/**
 * Implements `mcp-gateway enable <server…>` and `disable`: switches servers in our file; running gateways follow.
 * Resolves with the exit code: 0 done, 1 no such server, 2 misused.
 */
export async function switchInFile(
  isOn: boolean,
  { words: names, config }: CommandArguments,
  terminal: Terminal,
): Promise<number> {
  const command = isOn ? 'enable' : 'disable';
  if (names.length === 0) return reportMisuse(terminal, command, 'names no server');
  return reportErrors(terminal, command, async () => {
    const { cwd, env } = terminal;
    const file = await readOurFile(resolveConfigPath({ argument: config && resolve(cwd, config), env }));
    checkNames(names, file);
    const changed = [...new Set(names)].filter((name) => isEnabled(name, file) !== isOn);
    if (changed.length > 0) {
      const after = await switchServers(file, changed, isOn);
      await replaceFile({ path: file.path, before: file.text, after, backup: false });
    }
    for (const name of new Set(names)) {
      const already = changed.includes(name) ? '' : ' already';
      terminal.write(`${displayText(name)} is ${isOn ? 'enabled' : 'disabled'}${already}\n`);
    }
    if (changed.length > 0) {
      const place = displayPath(file.path, clientHome(terminal).home);
      terminal.write(`Changed in ${place}; gateways that run take it over by themselves\n`);
    }
    return 0;
  });
}

function isEnabled(name: string, { raw }: OurFile): boolean {
  return raw.entries.find(({ key }) => key === name)?.value?.enabled !== false;
}
