import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readText } from '../clients/read-client-file.ts';
import { replaceFile } from '../clients/replace-file.ts';
import { GatewayError } from '../core/errors.ts';
import { reporting, type Terminal } from './terminal.ts';

/** Tells that the text is there already, however it was edited since. */
const MARKER = '<!-- mcp-gateway: how to use the tools behind it -->';
const TEMPLATE = 'AGENTS.template.md';

export interface AgentsMdArguments {
  /** The file to append the text to, once; absent: it is printed. */
  readonly append?: string | undefined;
}

/** `mcp-gateway agents-md`: prints what the model should know, or appends it. Resolves with the exit code. */
export async function agentsMd({ append }: AgentsMdArguments, terminal: Terminal): Promise<number> {
  return reporting(terminal, 'agents-md', async () => {
    const template = await readTemplate();
    if (append === undefined) terminal.write(template);
    else terminal.write(`${await appendOnce(resolve(terminal.cwd, append), append, template)}\n`);
    return 0;
  });
}

async function appendOnce(path: string, name: string, template: string): Promise<string> {
  const before = await readText(path);
  const text = before ?? '';
  if (text.includes(MARKER) || text.includes(template.trim())) return `${name} has it already`;
  const start = text.trim() === '' ? '' : `${text.trimEnd()}\n\n`;
  await replaceFile({ path, before, after: `${start}${MARKER}\n\n${template}`, backup: false });
  return `Appended to ${name}`;
}

/** It stands in the package's folder, some levels above us: in the sources, and above the chunks of a build. */
async function readTemplate(): Promise<string> {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < 3; level++) {
    const text = await readText(join(folder, TEMPLATE));
    if (text !== undefined) return text;
    folder = dirname(folder);
  }
  throw new GatewayError('INTERNAL', `${TEMPLATE} is not in the package`);
}
