import type { ClientHome } from '../client-configs/client.ts';
import { openSecrets } from '../client-configs/open-secrets.ts';
import { type Finding, notesOn } from './finding.ts';

/** Which files with secrets others on this machine may read. A broken file is told elsewhere. */
export async function checkSecrecy(path: string, home: ClientHome): Promise<readonly Finding[]> {
  const notes = notesOn('configuration');
  for (const { path: open, what, who } of await openSecrets(path, home).catch(() => []))
    notes.warning(open, `${who} may read it: ${what}`, `chmod 600 ${quoted(open)}`);
  return notes.findings;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
