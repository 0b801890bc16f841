import { randomBytes } from 'node:crypto';
import { chmod, readdir, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { connect, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Directory and id by which the daemon of one identity is found. */
export interface SocketAddress {
  readonly directory: string;
  readonly id: string;
}

/** Longest wait of one of two daemons that came up at once for the other to step back, in ms. */
const STEP_BACK_MS = 2_000;
const POLL_MS = 20;
const UNFINISHED = '.new';

/** Addresses at which a daemon may listen; those of daemons that died are among them. */
export async function addressesOf({ directory, id }: SocketAddress): Promise<string[]> {
  if (process.platform === 'win32') return [pipeName(id)];
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${id}.`) && !name.endsWith(UNFINISHED))
    .sort()
    .map((name) => join(directory, name));
}

/**
 * Resolves with a connection to that address; `dead`: no process listens there any more; `busy`: it cannot take a
 * connection now.
 */
function tryToConnect(address: string): Promise<Socket | 'dead' | 'busy'> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => resolve(socket));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'dead' : 'busy'),
    );
  });
}

/**
 * Makes the server listen as the daemon of that place, unless there is one. Resolves with its address; undefined: there
 * is one.
 *
 * A socket whose owner has died refuses connections, however it died, so the sockets themselves are the lock. Each
 * daemon publishes one under a name of its own once it listens, and looks for others after that: of two that come up at
 * once at least one sees the other, so never do both stay.
 */
export async function claim(place: SocketAddress, server: Server): Promise<string | undefined> {
  if (process.platform === 'win32') return claimPipe(pipeName(place.id), server);
  const address = join(place.directory, `${place.id}.${randomBytes(4).toString('hex')}`);
  await listen(server, `${address}${UNFINISHED}`);
  await chmod(`${address}${UNFINISHED}`, 0o600);
  await rename(`${address}${UNFINISHED}`, address);
  for (const other of await addressesOf(place)) {
    if (other === address || (await isGone(other, other < address ? 0 : STEP_BACK_MS))) continue;
    await withdraw(address);
    server.close();
    return undefined;
  }
  return address;
}

/** Removes the daemon's address, so that relays do not find it any more. */
export async function withdraw(address: string): Promise<void> {
  if (process.platform !== 'win32') await unlink(address).catch(() => {});
}

/**
 * Returns true if no process listens at that address, or ceases to within that time in ms; then its file is removed.
 */
async function isGone(address: string, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  for (;;) {
    const found = await tryToConnect(address);
    if (found === 'dead') break;
    if (found !== 'busy') found.destroy();
    if (Date.now() >= until) return false;
    await sleep(POLL_MS);
  }
  await unlink(address).catch(() => {});
  return true;
}

/** Claims a pipe on Windows, whose name belongs to one process at a time and is freed at its end. */
async function claimPipe(name: string, server: Server): Promise<string | undefined> {
  try {
    await listen(server, name);
    return name;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function pipeName(id: string): string {
  return `\\\\.\\pipe\\mcp-gateway-${userInfo().username}-${id}`;
}

/** Longest time from the start of a daemon until it listens, in ms; then another session starts one too. */
const START_MS = 2_000;
/** Longest wait for a daemon, in ms. */
const PATIENCE_MS = 15_000;
const CONNECT_POLL_MS = 15;

/**
 * Resolves with a connection to the daemon of that place; `start` is called when there is none. Rejects when none comes
 * up.
 */
export async function reach(place: SocketAddress, start: () => void): Promise<Socket> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await Promise.all((await addressesOf(place)).map(tryToConnect));
    const [socket, ...others] = found.filter((each) => typeof each !== 'string');
    for (const other of others) other.destroy();
    if (socket) return socket;
    if (!found.includes('busy') && (await isOurTurn(place))) start();
    if (Date.now() > until) throw new Error(`no shared gateway came up within ${PATIENCE_MS / 1_000} s`);
    await sleep(CONNECT_POLL_MS);
  }
}

/**
 * Ends the turn of the session that started a daemon, once that listens: the next one that is needed is started at
 * once.
 */
export async function endTurn(place: SocketAddress): Promise<void> {
  await unlink(turnFile(place)).catch(() => {});
}

/**
 * Returns true if this session is to start a daemon: no other has begun to within `START_MS`. This only saves
 * processes; `claim` ensures that there is one daemon.
 */
async function isOurTurn(place: SocketAddress): Promise<boolean> {
  const file = turnFile(place);
  const begun = await stat(file).catch(() => undefined);
  if (begun && Date.now() - begun.mtimeMs < START_MS) return false;
  if (begun) await endTurn(place);
  return writeFile(file, '', { flag: 'wx', mode: 0o600 }).then(
    () => true,
    () => false,
  );
}

function turnFile({ directory, id }: SocketAddress): string {
  return join(directory, `${id}-starting`);
}
