import { randomBytes } from 'node:crypto';
import { chmod, readdir, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { connect, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where the daemon of one identity is found. */
export interface SocketAddress {
  readonly directory: string;
  readonly id: string;
}

/** How long one of two daemons that came up at once waits for the other to step back, in ms. */
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

/** A connection to whoever listens there; `dead` when nobody does any more, `busy` when it cannot take us now. */
function knock(address: string): Promise<Socket | 'dead' | 'busy'> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => resolve(socket));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'dead' : 'busy'),
    );
  });
}

/**
 * Has the server listen as the daemon of that place, unless there is one: resolves with its address, or with nothing.
 *
 * A socket whose owner has died refuses connections, however it died, so the sockets themselves are the lock. Each daemon
 * publishes one under a name of its own, when it listens already, and looks for others after that: of two that come up at
 * once at least one sees the other, and never do both stay.
 */
export async function claim(place: SocketAddress, server: Server): Promise<string | undefined> {
  if (process.platform === 'win32') return claimPipe(pipeName(place.id), server);
  const address = join(place.directory, `${place.id}.${randomBytes(4).toString('hex')}`);
  await listening(server, `${address}${UNFINISHED}`);
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

/** Nobody finds that daemon any more. */
export async function withdraw(address: string): Promise<void> {
  if (process.platform !== 'win32') await unlink(address).catch(() => {});
}

/** Whether nobody listens at that address, or ceases to within that time; then its file goes too. */
async function isGone(address: string, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  for (;;) {
    const found = await knock(address);
    if (found === 'dead') break;
    if (found !== 'busy') found.destroy();
    if (Date.now() >= until) return false;
    await sleep(POLL_MS);
  }
  await unlink(address).catch(() => {});
  return true;
}

/** The name of a pipe belongs to one process at a time, and goes with it. */
async function claimPipe(name: string, server: Server): Promise<string | undefined> {
  try {
    await listening(server, name);
    return name;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

function listening(server: Server, address: string): Promise<void> {
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

/** How long a daemon may take from its start until it listens, in ms, before another session starts one too. */
const START_MS = 2_000;
/** How long there may be no daemon, in ms, before it is given up. */
const PATIENCE_MS = 15_000;
const CONNECT_POLL_MS = 15;

/** A connection to the daemon of that place; `start` is called when there is none. Rejects when none comes up. */
export async function reach(place: SocketAddress, start: () => void): Promise<Socket> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await Promise.all((await addressesOf(place)).map(knock));
    const [socket, ...others] = found.filter((each) => typeof each !== 'string');
    for (const other of others) other.destroy();
    if (socket) return socket;
    if (!found.includes('busy') && (await isOurTurn(place))) start();
    if (Date.now() > until) throw new Error(`no shared gateway came up within ${PATIENCE_MS / 1_000} s`);
    await sleep(CONNECT_POLL_MS);
  }
}

/** The daemon listens: the next one to be missed is started at once. */
export async function endTurn(place: SocketAddress): Promise<void> {
  await unlink(turnFile(place)).catch(() => {});
}

/**
 * Whether it is up to us to start a daemon: nobody else has begun to within the time that it takes. This only spares
 * processes; that there is one daemon is what `claim` sees to.
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
