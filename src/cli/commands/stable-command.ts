import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import { realPath } from '../../platform/real-path.ts';

/** Matches the cache folders of npx, bunx, pnpm dlx and yarn dlx, which these runners may clear. */
const CACHES = /[\\/](?:_npx|bunx-[^\\/]*|dlx(?:-[^\\/]*)?|xfs-[^\\/]*)[\\/]/;
const OURS = 'mcp-gateway';

/** True if a file may soon be deleted: it lies in a runner's cache, or in a folder for temporary files. */
export function isTemporary(path: string): boolean {
  const roots = [tmpdir(), '/tmp', '/var/tmp', '/private/tmp', '/private/var/folders', '/var/folders', '/dev/shm'];
  const isWithin = (root: string) => path.startsWith(root + sep);
  return CACHES.test(path) || roots.some(isWithin) || roots.some((root) => isWithin(realPath(root)));
}

/**
 * Returns a command that starts this copy of the gateway later too. For a copy in a runner's cache that is the runner
 * with the package that it was given, if this is a file or an address. Throws `CONFIG_INVALID`, with a cure, if no such
 * command exists.
 */
export function stableCommand(self: readonly [program: string, bin: string]): readonly string[] {
  const [program, bin] = self;
  const path = realPath(bin);
  if ((!isTemporary(path) || isCheckout(path)) && !isTemporary(program)) return self;
  const spec = CACHES.test(path) ? packageOf(path) : undefined;
  if (spec !== undefined)
    return /[\\/]bunx-/.test(path) ? ['bunx', '--package', spec, OURS] : ['npx', '-y', '--package', spec, OURS];
  const what = isTemporary(path) ? path : program;
  throw new GatewayError(
    'CONFIG_INVALID',
    `this runs from ${what}, which may be cleared at any time, and the entry with it; nothing was written. ` +
      'Name the package file, in a place that stays: --package <file>. Or npm install -g <file> and run mcp-gateway install again',
  );
}

/** True if the bin is part of a checkout of the sources, whose path is stable for the developer. */
function isCheckout(bin: string): boolean {
  return (
    !CACHES.test(bin) &&
    [dirname(bin), dirname(dirname(bin))].some((folder) => existsSync(join(folder, 'tsconfig.json')))
  );
}

/**
 * Returns the package that the runner was given: an address, or an existing file outside temporary folders; else
 * undefined.
 */
function packageOf(bin: string): string | undefined {
  const folder = folderAbove(bin);
  if (folder === undefined) return undefined;
  const manifest = read(join(folder, 'package.json'));
  const { dependencies } = manifest;
  const asked = isJsonObject(manifest._npx) ? manifest._npx.packages : undefined;
  const named = isJsonObject(dependencies) ? dependencies[OURS] : undefined;
  const specs = [...(Array.isArray(asked) ? asked : []), named].filter((spec) => typeof spec === 'string');
  for (const spec of specs) {
    if (/^(?:https?|git[+:]|git\+\w+|ssh):/.test(spec)) return spec;
    const path = spec.replace(/^(?:mcp-gateway@)?(?:file:)?/, '');
    const file = isAbsolute(path) ? path : resolve(folder, path);
    if (/\.tgz$/.test(file) && existsSync(file) && !isTemporary(realPath(file))) return file;
  }
  return undefined;
}

/** Returns the folder whose `node_modules` holds the bin, else the bin's parent folder if it has a `package.json`. */
function folderAbove(bin: string): string | undefined {
  const at = bin.lastIndexOf(`${sep}node_modules${sep}${OURS}${sep}`);
  if (at >= 0) return bin.slice(0, at);
  const parent = dirname(bin);
  return existsSync(join(parent, 'package.json')) ? parent : undefined;
}

function read(path: string): { readonly [name: string]: unknown } {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isJsonObject(found) ? found : {};
  } catch {
    return {};
  }
}
