import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolCall } from '../../core/call.ts';

/** Member of `_meta` in which Claude Code sends its own id of a call. Its hooks get the same id. */
const CALL_ID = 'claudecode/toolUseId';
const FOLDER = 'asked';
/**
 * Longest time in ms between the client's own question and the call that it approved. After it the gateway asks again.
 */
const MAX_AGE_MS = 3_600_000;

/**
 * Called by the hook of a client that asks the person itself. Stores that one call is approved: if the client makes it,
 * the person has agreed.
 */
export async function storeApproval(dataDirectory: string, callId: string, tool: string): Promise<void> {
  const folder = join(dataDirectory, FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Promise.all((await readdir(folder)).map((name) => removeStale(join(folder, name))));
  await writeFile(join(folder, fileNameOf(callId, tool)), '', { mode: 0o600 });
}

/** True if the client has stored an approval of this call. Removes it: an approval counts once. */
export async function consumeApproval(
  dataDirectory: string | undefined,
  { tool, protocol }: ToolCall,
): Promise<boolean> {
  const callId = protocol?.meta?.[CALL_ID];
  if (dataDirectory === undefined || typeof callId !== 'string') return false;
  const file = join(dataDirectory, FOLDER, fileNameOf(callId, tool.id));
  try {
    const { mtimeMs } = await stat(file);
    await rm(file);
    return Date.now() - mtimeMs < MAX_AGE_MS;
  } catch {
    return false;
  }
}

async function removeStale(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found && Date.now() - found.mtimeMs >= MAX_AGE_MS) await rm(file, { force: true });
}

function fileNameOf(callId: string, tool: string): string {
  return createHash('sha256')
    .update(JSON.stringify([callId, tool]))
    .digest('hex');
}
