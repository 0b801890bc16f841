import { realpath, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../../core/errors.ts';
import { readText } from '../client-configs/read-client-file.ts';
import { replaceFile } from '../client-configs/replace-file.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandArguments } from './command.ts';
import { reportErrors, reportMisuse } from './report.ts';

/** Marks the start of the text, so that it is found even after edits. */
const MARKER = '<!-- mcp-gateway: how to use the tools behind it -->';
/** Marks the end of the text; texts of older versions lack it. */
const END = '<!-- mcp-gateway: end -->';
const TEMPLATE = 'AGENTS.template.md';

/**
 * Implements `mcp-gateway agents-md`: prints the instructions for the model, appends them to a file or removes them
 * from it. Resolves with the exit code.
 */
export async function agentsMd({ words, append, remove }: CommandArguments, terminal: Terminal): Promise<number> {
  if (words.length > 0)
    return reportMisuse(terminal, 'agents-md', `found ${JSON.stringify(words[0])}, expected options`);
  if (append !== undefined && remove !== undefined)
    return reportMisuse(terminal, 'agents-md', 'found --append and --remove, expected one of them');
  return reportErrors(terminal, 'agents-md', async () => {
    const template = await readTemplate();
    if (remove !== undefined) terminal.write(`${await takenOut(resolve(terminal.cwd, remove), remove, template)}\n`);
    else if (append === undefined) terminal.write(template);
    else terminal.write(`${await appendOnce(resolve(terminal.cwd, append), append, template)}\n`);
    return 0;
  });
}

async function appendOnce(path: string, name: string, template: string): Promise<string> {
  const before = await readText(path);
  const text = before ?? '';
  if (text.includes(MARKER) || text.includes(asIn(text, template.trim()))) return `${name} has it already`;
  const { start, end } = around(text, before === undefined);
  const block = asIn(text, `${start}${MARKER}\n\n${template.trimEnd()}\n\n${END}${end}`);
  await replaceFile({ path, before, after: text + block, backup: false });
  return `Appended to ${name}`;
}

/** Returns separators before and behind the text, chosen such that its removal restores the file byte for byte. */
function around(text: string, isNew: boolean): { readonly start: string; readonly end: string } {
  if (isNew) return { start: '', end: '\n' };
  if (text === '') return { start: '', end: '' };
  return text.endsWith('\n') ? { start: '\n', end: '\n' } : { start: '\n\n', end: '' };
}

/** Returns our text with the line ends of a file. */
function asIn(file: string, text: string): string {
  return file.includes('\r\n') ? text.replace(/\r?\n/g, '\r\n') : text;
}

/** Removes our text from a file; other text stays. Deletes a file that held nothing else. */
async function takenOut(path: string, name: string, template: string): Promise<string> {
  const before = await readText(path);
  const block = before === undefined ? undefined : blockIn(before, asIn(before, template.trim()));
  if (before === undefined || block === undefined) return `${name} does not have it`;
  const after = withoutBlock(before, block);
  if (after === undefined) {
    await rm(await realpath(path));
    return `Removed ${name}, which held nothing else`;
  }
  await replaceFile({ path, before, after, backup: false });
  return `Took it out of ${name}`;
}

/** Returns the rest of a file; undefined if the file has no other text because `agents-md` created it. */
function withoutBlock(text: string, { start, end }: Block): string | undefined {
  const [before, behind] = [text.slice(0, start), text.slice(end)];
  if (behind.trim() !== '') {
    const parts = [before.trimEnd(), behind.trim()].filter((part) => part !== '');
    return parts.join(asIn(text, '\n\n')) + asIn(text, '\n');
  }
  if (before === '' && behind !== '') return undefined;
  return before.replace(behind === '' ? /\r?\n\r?\n$/ : /\r?\n$/, '');
}

interface Block {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns the position of our text, undefined if the file lacks it. Without its end marker it must be the text of this
 * version, else `CONFIG_INVALID` is thrown.
 */
function blockIn(text: string, template: string): Block | undefined {
  const marker = text.indexOf(MARKER);
  const last = marker < 0 ? -1 : text.indexOf(END, marker);
  if (last >= 0) return { start: marker, end: last + END.length };
  const at = text.indexOf(template);
  if (at >= 0) return { start: marker < 0 ? at : marker, end: at + template.length };
  if (marker < 0) return undefined;
  throw new GatewayError(
    'CONFIG_INVALID',
    `its text was changed, and nothing tells where it ends: take it out by hand, from ${MARKER}`,
  );
}

/**
 * Reads the template from the package's folder, which is some levels above this module: above the sources, and above
 * the chunks of a build.
 */
async function readTemplate(): Promise<string> {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < 5; level++) {
    const text = await readText(join(folder, TEMPLATE));
    if (text !== undefined) return text;
    folder = dirname(folder);
  }
  throw new GatewayError('INTERNAL', `${TEMPLATE} is not in the package`);
}
