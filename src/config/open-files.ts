import { statSync } from 'node:fs';
import type { GatewayConfig } from './load.ts';

/** Whether others than its owner may read a file. Where there are no such modes (Windows), and no file: no. */
export function isOpen(path: string): boolean {
  if (process.getuid === undefined) return false;
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.mode & 0o044) !== 0;
}

/** Whether it is worth a look which files with secrets others may read: the file is open, or names others. */
export function mayBeOpen({ path, servers, settings }: GatewayConfig): boolean {
  return settings.secrets?.file !== undefined || servers.some(({ secrets }) => secrets !== undefined) || isOpen(path);
}
