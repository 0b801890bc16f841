import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { causeOf } from '../../core/errors.ts';
import { findProgram, isFile, type ProgramPlace } from '../../platform/find-program.ts';
import { realPath } from '../../platform/real-path.ts';
import { VERSION } from '../../version.ts';
import type { ClientHome } from '../client-configs/client.ts';
import { openSecrets } from '../client-configs/our-secrets.ts';
import { type Finding, listed, type Notes, notesOn } from './finding.ts';

const LEAST_NODE = 20;
/** Greatest number of files checked in the data directory. */
const MAX_FILES = 500;

/** Inputs of the checks on the runtime, the bin and our files. */
interface InstallationParts extends ProgramPlace {
  readonly dataDirectory: string;
  /** Versions of the runtime: `process.versions`. */
  readonly versions: { readonly node: string; readonly bun?: string | undefined };
  /** Absolute path of the running bin. */
  readonly bin: string;
  /** Words of commands in clients' entries that lead to a gateway. */
  readonly entryWords: readonly string[];
  /** User id of this process; absent on Windows, which has none. */
  readonly uid?: number | undefined;
}

/** Checks the runtime, our files, and other copies of the gateway. */
export async function checkInstallation(parts: InstallationParts): Promise<readonly Finding[]> {
  const notes = notesOn('installation');
  checkRuntime(parts, notes);
  await checkData(parts, notes);
  await checkCopies(parts, notes);
  return notes.findings;
}

function checkRuntime({ versions: { node, bun } }: InstallationParts, notes: Notes): void {
  const cure = 'install a current Node.js: https://nodejs.org/en/download';
  if (bun !== undefined) notes.ok(`mcp-gateway ${VERSION}`, `runs on Bun ${bun}`);
  else if (Number.parseInt(node, 10) >= LEAST_NODE) notes.ok(`mcp-gateway ${VERSION}`, `runs on Node ${node}`);
  else notes.error(`Node ${node}`, `is older than ${LEAST_NODE}, the oldest that the gateway runs on`, cure);
}

/** Reports files that other users own or may read: logins are stored in this folder. */
async function checkData({ dataDirectory, uid }: InstallationParts, notes: Notes): Promise<void> {
  const names = await namesIn(dataDirectory);
  if (typeof names === 'string')
    notes.error(dataDirectory, `cannot be read (${names})`, 'give it back to yourself, or remove it');
  if (typeof names === 'string' || names.length === 0 || uid === undefined) return;
  const within = names.slice(0, MAX_FILES).map((name) => join(dataDirectory, name));
  const files = await Promise.all([dataDirectory, ...within].map(accessTo));
  const called = (path: string) => (path === dataDirectory ? 'this folder' : basename(path));
  const foreign = files.flatMap((file) => (file && file.uid !== uid ? called(file.path) : []));
  const open = files.flatMap((file) => (file && (file.mode & 0o077) !== 0 ? called(file.path) : []));
  const folder = quoted(dataDirectory);
  if (foreign.length > 0)
    notes.error(dataDirectory, `not yours: ${listed(foreign)}`, `sudo chown -R $(id -u) ${folder}, or remove it`);
  if (open.length > 0) {
    const cause = `others on this machine may read ${listed(open)}; logins are kept there`;
    notes.warning(dataDirectory, cause, `chmod -R go-rwx ${folder}`);
  }
  if (foreign.length + open.length === 0) notes.ok(dataDirectory, 'only you can read what is kept there');
}

/**
 * Returns the names in a folder, an empty list if it does not exist, or a string with the reason why it cannot be read.
 */
async function namesIn(folder: string): Promise<readonly string[] | string> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : causeOf(error)));
}

/** Returns owner and mode of a folder or a file; undefined for other kinds, such as sockets, which hold no secret. */
async function accessTo(path: string) {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() && !found?.isDirectory()) return undefined;
  return { path, uid: found.uid, mode: found.mode };
}

/** Quotes a path for a POSIX shell. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Reports copies of another version that a client or a shell would start instead of this one. */
async function checkCopies({ bin, entryWords, ...place }: InstallationParts, notes: Notes): Promise<void> {
  const own = realPath(bin);
  const onPath = await findProgram('mcp-gateway', place);
  const candidates = [...entryWords.filter((word) => isAbsolute(word)), ...('path' in onPath ? [onPath.path] : [])];
  const seen = new Set<string>();
  for (const candidate of candidates) {
    const path = realPath(candidate);
    if (path === own || seen.has(path) || !(await isFile(path))) continue;
    seen.add(path);
    const version = /mcp-gateway-(\d[\w.-]*)\.tgz$/.exec(path)?.[1] ?? (await versionAbove(path));
    if (version === undefined || version === VERSION) continue;
    const isOnPath = 'path' in onPath && candidate === onPath.path;
    notes.warning(
      candidate,
      `is another copy or another program of that name, version ${version}; this is ${VERSION}`,
      isOnPath
        ? 'remove it, or put this one in its place: npm install -g <package file>'
        : 'mcp-gateway install <client> writes this copy into its entry',
    );
  }
}

/**
 * Returns the version in the package.json of the mcp-gateway package that holds a file; undefined if it belongs to
 * none.
 */
async function versionAbove(path: string): Promise<string | undefined> {
  if (!/\.[cm]?[jt]s$/.test(path)) return undefined;
  let folder = dirname(path);
  for (let level = 0; level < 3; level++) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '');
    const [, name] = /"name"\s*:\s*"([^"]*)"/.exec(text) ?? [];
    if (name !== undefined) return name === 'mcp-gateway' ? /"version"\s*:\s*"([^"]*)"/.exec(text)?.[1] : undefined;
    folder = dirname(folder);
  }
  return undefined;
}

/**
 * Reports files with secrets that other users of this machine may read. Ignores broken files, which other checks
 * report.
 */
export async function checkSecrecy(path: string, home: ClientHome): Promise<readonly Finding[]> {
  const notes = notesOn('configuration');
  for (const { path: open, what, who } of await openSecrets(path, home).catch(() => []))
    notes.warning(open, `${who} may read it: ${what}`, `chmod 600 ${quoted(open)}`);
  return notes.findings;
}
