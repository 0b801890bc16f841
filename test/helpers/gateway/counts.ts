import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../system/folders.ts';
import { wholeLines } from '../system/lines.ts';
import { waitUntil } from '../system/processes.ts';
import { BIN } from './gateway-process.ts';

const PRELOAD = fileURLToPath(new URL('../../fixtures/counting/counts.mjs', import.meta.url));
const WINDOWS = 10;
const WARM_UP_CALLS = 128;
/** Nothing is collected meanwhile, and code is not optimised at a time that depends on the machine. */
const STEADY = ['--min-semi-space-size=256', '--max-semi-space-size=256', '--no-opt', '--no-sparkplug'];

/** What a process does for one call, in the mean of a window; of a window, all together. */
export interface Counts {
  readonly promises: number;
  /** Callbacks of `process.nextTick`. */
  readonly ticks: number;
  /** Timeouts and immediates. */
  readonly timers: number;
  /** Allocated on the heap and beside it. */
  readonly bytes: number;
  /** System calls that read or write; others, such as those that wait, Linux does not count. */
  readonly system: number;
}

/** Counts of a gateway, which is started by `command` with `env`. Needs Linux's /proc. */
export class Counting {
  readonly command: readonly [string, ...string[]] = [process.execPath, ...STEADY, '--import', PRELOAD, BIN];
  readonly env: Readonly<Record<string, string>>;
  readonly #file = join(temporaryFolder('counts-'), 'counts');
  #taken = 0;

  /** Promises are counted in a process of their own, since counting them takes memory. */
  constructor(what: 'promises' | 'the rest') {
    this.env = { COUNTS: this.#file, ...(what === 'promises' && { COUNTS_PROMISES: '1' }) };
  }

  /**
   * The least that a call costs in one of many short windows, after some calls to get warm: what the gateway does beside, such
   * as writing its statistics, is in some of them only, however slow the machine is. What the counting itself costs is taken off.
   */
  async perCall(pid: number, calls: number, callAll: () => Promise<void>): Promise<Counts> {
    for (let warm = 0; warm < WARM_UP_CALLS; warm += calls) await callAll();
    const windows = await this.#windows(pid, callAll);
    const empty = await this.#windows(pid, async () => {});
    const least = (key: keyof Counts) =>
      (Math.min(...windows.map((each) => each[key])) - Math.min(...empty.map((each) => each[key]))) / calls;
    return {
      ...{ promises: least('promises'), ticks: least('ticks'), timers: least('timers') },
      ...{ bytes: least('bytes'), system: least('system') },
    };
  }

  async #windows(pid: number, work: () => Promise<void>): Promise<Counts[]> {
    const windows: Counts[] = [];
    for (let window = 0; window < WINDOWS; window++) {
      const before = await this.#take(pid);
      await work();
      windows.push(difference(before, await this.#take(pid)));
    }
    return windows;
  }

  async #take(pid: number): Promise<Snapshot> {
    process.kill(pid, 'SIGUSR2');
    const lines = () => wholeLines(this.#file);
    await waitUntil(() => lines().length > this.#taken, { what: 'the counts are written' });
    return JSON.parse(lines()[this.#taken++] ?? '') as Snapshot;
  }
}

type Snapshot = Readonly<
  Record<'PROMISE' | 'TickObject' | 'Timeout' | 'Immediate' | 'bytes' | 'reads' | 'writes' | 'collections', number>
>;

function difference(before: Snapshot, after: Snapshot): Counts {
  const more = (key: keyof Snapshot) => after[key] - before[key];
  return {
    promises: more('PROMISE'),
    ticks: more('TickObject'),
    timers: more('Timeout') + more('Immediate'),
    // A collection has taken away part of what was allocated.
    bytes: more('collections') === 0 ? more('bytes') : Number.POSITIVE_INFINITY,
    system: more('reads') + more('writes'),
  };
}
