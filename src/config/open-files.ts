import { statSync } from 'node:fs';
import type { GatewayConfig } from './load.ts';
import type { ServerConfig } from './schema.ts';

/** True if others than its owner may read a file. False without a file, and on systems without such modes (Windows). */
export function isOpen(path: string): boolean {
  if (process.getuid === undefined) return false;
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.mode & 0o044) !== 0;
}

/**
 * True if the full check for secrets in readable files is needed: the file is readable by others and may hold secrets,
 * or it names secrets in other files.
 */
export function mayBeOpen({ path, servers, settings }: GatewayConfig): boolean {
  if (settings.secrets?.file !== undefined || servers.some(({ secrets }) => secrets !== undefined)) return true;
  return isOpen(path) && (settings.auth !== undefined || servers.some(holdsSecret));
}

const SECRET_NAME = /key|token|secret|pass|auth|credential|cookie/i;
const SECRET_WORD =
  /^-{0,2}[\w-]*(?:key|token|secret|pass|auth|dsn)[\w-]*=|^--?[\w-]*(?:key|token|secret|pass|auth|header|dsn)[\w-]*$|:\/\/[^/\s]*@|[?&][^=&]*(?:key|token|secret|pass|auth)/i;

/** True if an entry may contain a secret as literal text. A quick test, which finds too many rather than too few. */
function holdsSecret(server: ServerConfig): boolean {
  const filledIn = [...(server.secrets ?? []), ...(server.filledIn ?? [])];
  const isWritten = (value: string) => !filledIn.some((each) => each !== '' && value.includes(each));
  const named = Object.entries(server.type === 'local' ? server.environment : server.headers);
  const words = server.type === 'local' ? [...server.command, ...Object.values(server.environment)] : [server.url];
  return (
    named.some(([name, value]) => SECRET_NAME.test(name) && isWritten(value)) ||
    words.some((word) => SECRET_WORD.test(word) && isWritten(word)) ||
    (server.type === 'remote' && (server.proxy !== undefined || server.oauth !== undefined))
  );
}
