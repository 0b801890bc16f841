import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolCall } from '../../core/call.ts';

/** Under which Claude Code names its own id of a call in `_meta`: the one that its hooks are told. */
const CALL_ID = 'claudecode/toolUseId';
const FOLDER = 'asked';
/** How long a person may think about a client's own question, in ms; after it the gateway asks. */
const FRESH_MS = 3_600_000;

/** Leaves word that a client asks about one call of a tool itself: should the call come, the person has agreed to it. */
export async function leaveWord(dataDirectory: string, callId: string, tool: string): Promise<void> {
  const folder = join(dataDirectory, FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Promise.all((await readdir(folder)).map((name) => removeStale(join(folder, name))));
  await writeFile(join(folder, nameOf(callId, tool)), '', { mode: 0o600 });
}

/** Whether word was left about this very call; it counts once. */
export async function takeWord(dataDirectory: string | undefined, { tool, protocol }: ToolCall): Promise<boolean> {
  const callId = protocol?.meta?.[CALL_ID];
  if (dataDirectory === undefined || typeof callId !== 'string') return false;
  const file = join(dataDirectory, FOLDER, nameOf(callId, tool.id));
  try {
    const { mtimeMs } = await stat(file);
    await rm(file);
    return Date.now() - mtimeMs < FRESH_MS;
  } catch {
    return false;
  }
}

async function removeStale(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found && Date.now() - found.mtimeMs >= FRESH_MS) await rm(file, { force: true });
}

function nameOf(callId: string, tool: string): string {
  return createHash('sha256')
    .update(JSON.stringify([callId, tool]))
    .digest('hex');
}
