import { stat, unlink, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressesOf, knock, type Place } from './sockets.ts';

/** How long a daemon may take from its start until it listens, in ms, before another session starts one too. */
const START_MS = 2_000;
/** How long there may be no daemon, in ms, before it is given up. */
const PATIENCE_MS = 15_000;
const POLL_MS = 15;

/** A connection to the daemon of that place; `start` is called when there is none. Rejects when none comes up. */
export async function reach(place: Place, start: () => void): Promise<Socket> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await Promise.all((await addressesOf(place)).map(knock));
    const [socket, ...others] = found.filter((each) => typeof each !== 'string');
    for (const other of others) other.destroy();
    if (socket) return socket;
    if (!found.includes('busy') && (await isOurTurn(place))) start();
    if (Date.now() > until) throw new Error(`no shared gateway came up within ${PATIENCE_MS / 1_000} s`);
    await sleep(POLL_MS);
  }
}

/** The daemon listens: the next one to be missed is started at once. */
export async function endTurn(place: Place): Promise<void> {
  await unlink(turnFile(place)).catch(() => {});
}

/**
 * Whether it is up to us to start a daemon: nobody else has begun to within the time that it takes. This only spares
 * processes; that there is one daemon is what `claim` sees to.
 */
async function isOurTurn(place: Place): Promise<boolean> {
  const file = turnFile(place);
  const begun = await stat(file).catch(() => undefined);
  if (begun && Date.now() - begun.mtimeMs < START_MS) return false;
  if (begun) await endTurn(place);
  return writeFile(file, '', { flag: 'wx', mode: 0o600 }).then(
    () => true,
    () => false,
  );
}

function turnFile({ directory, id }: Place): string {
  return join(directory, `${id}-starting`);
}
