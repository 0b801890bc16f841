import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from '../config/substitute.ts';

/** The longest address of a Unix socket is 104 bytes on macOS, 108 on Linux; the file names take some of it. */
const MAX_DIRECTORY_BYTES = 60;

/**
 * The directory of the daemons' sockets, made where it is missing: `$XDG_RUNTIME_DIR/mcp-gateway`, else one with the
 * user's number under the temporary directory. Throws where it is not this user's alone: who can write there could be
 * taken for the gateway.
 */
export function socketDirectory(env: Environment, uid = process.getuid?.()): string {
  const { XDG_RUNTIME_DIR: runtime } = env;
  const candidates = [
    ...(runtime && isAbsolute(runtime) ? [join(runtime, 'mcp-gateway')] : []),
    ...[tmpdir(), '/tmp'].map((directory) => join(directory, `mcp-gateway-${uid ?? 'user'}`)),
  ];
  const directory = candidates.find((each) => Buffer.byteLength(each) <= MAX_DIRECTORY_BYTES);
  if (directory === undefined)
    throw new Error(`${candidates[0]}: too long for a socket, set XDG_RUNTIME_DIR to a shorter path`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  assertOwn(directory, uid);
  return directory;
}

function assertOwn(directory: string, uid: number | undefined): void {
  if (process.platform === 'win32') return;
  const found = lstatSync(directory);
  const isOwn = found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;
  if (!isOwn) throw new Error(`${directory}: expected a directory of this user that nobody else can enter (0700)`);
}
