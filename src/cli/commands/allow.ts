import { dirname } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { resolveConfigPath } from '../../config/locate.ts';
import { parseConfig } from '../../config/parse.ts';
import { readProjectFile } from '../../config/project/project.ts';
import { findProjectFile, readRecord, writeRecord } from '../../config/project/project-file.ts';
import { readProject } from '../../config/project/with-project.ts';
import { type RawConfig, readShape } from '../../config/shapes.ts';
import { GatewayError } from '../../core/errors.ts';
import { dataDirectory } from '../../platform/directories.ts';
import { clientHome } from '../client-configs/client.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { displayPath } from '../terminal/text-layout.ts';
import type { CommandArguments } from './command.ts';
import { projectTarget } from './configuration.ts';
import { projectPreview } from './project-preview.ts';
import { reportErrors, reportMisuse } from './report.ts';

/**
 * Implements `mcp-gateway allow [file or directory]`: shows the effect of a project's file, or its changes, asks, and
 * records the answer. Resolves with the exit code: 0 confirmed, 1 not, 2 misused.
 */
export async function allow(args: CommandArguments, terminal: Terminal): Promise<number> {
  const { words } = args;
  if (words.length > 1) return reportMisuse(terminal, 'allow', `found ${words.length} arguments, expected one`);
  return reportErrors(terminal, 'allow', async () => {
    const file = projectTarget(words[0], terminal);
    const name = displayPath(file, clientHome(terminal).home);
    const { text, warnings } = readable(file, terminal);
    const directory = dataDirectory(terminal.env);
    const confirmed = readRecord(directory, file)?.text;
    if (confirmed === text) {
      terminal.write(`${name} is confirmed already.\n`);
      return 0;
    }
    terminal.write(await preview({ file, text, confirmed, warnings }, args, terminal));
    if (!(args.yes || (await terminal.ask?.('Confirm it?')))) {
      terminal.write(`Nothing was confirmed${terminal.ask ? '' : ': nobody could be asked'}.\n`);
      return 1;
    }
    // Records the text that was shown; the file may have changed since.
    await writeRecord(directory, { path: file, text });
    terminal.write(`Confirmed ${name}; running gateways take it over.\n`);
    return 0;
  });
}

function readable(file: string, terminal: Terminal): { text: string; warnings: readonly string[] } {
  const applying = findProjectFile(dirname(file), clientHome(terminal).home);
  const read = readProjectFile(file);
  if ('refused' in read) throw new GatewayError('CONFIG_INVALID', `${file}: ${read.refused}`);
  if (applying === file) return read;
  const instead = applying === undefined ? 'the home directory is no project' : `${applying} does`;
  throw new GatewayError('CONFIG_INVALID', `${file}: does not count: ${instead}`);
}

interface Shown {
  readonly file: string;
  readonly text: string;
  readonly confirmed: string | undefined;
  readonly warnings: readonly string[];
}

async function preview(shown: Shown, { config }: CommandArguments, terminal: Terminal): Promise<string> {
  const { file, text, confirmed, warnings } = shown;
  const { env } = terminal;
  const own = await loadConfig(resolveConfigPath({ argument: config, env }), env);
  const project = await readProject(text, file, env);
  const before = confirmed === undefined ? undefined : await shapeOf(confirmed, file);
  return projectPreview({ file, project, before, own, warnings }, clientHome(terminal).home);
}

/**
 * Parses a confirmed text; undefined if only another version of the gateway could parse it: then all entries count as
 * new.
 */
async function shapeOf(text: string, file: string): Promise<RawConfig | undefined> {
  return parseConfig(text, file).then(
    ({ root }) => readShape(root),
    () => undefined,
  );
}

/**
 * Implements `mcp-gateway disallow [file or directory]`: the project's file then has no effect, and the gateway does
 * not mention it. Resolves with the exit code: 0 done, 1 failed, 2 misused.
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
