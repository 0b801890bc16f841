// The load, in a process of its own: JSON-RPC lines on stdin say what to do, and are answered when it is done.
//   open  {name, sessions, target}              sessions with a participant; rejects while it does not answer
//   run   {name, inFlight, calls}               → {seconds, latenciesMs}
//   close {name}
import { performance } from 'node:perf_hooks';
import { onLines } from '../performance/lines.mjs';
import { openConnection } from './connection.mjs';
import { callOnce, openSession } from './session.mjs';

/** @type {Map<string, import('./session.mjs').Session[]>} */
const sessions = new Map();
let lastId = 10;

const METHODS = {
  /** @param {{ name: string, sessions: number, target: import('./session.mjs').Target }} params */
  async open({ name, sessions: count, target }) {
    const opened = sessions.get(name) ?? [];
    sessions.set(name, opened);
    while (opened.length < count) opened.push(await openSession(target));
    return {};
  },

  /** @param {{ name: string, inFlight: number, calls: number }} params */
  async run({ name, inFlight, calls }) {
    const opened = sessions.get(name) ?? [];
    const lanes = Array.from({ length: inFlight }, (_, index) => laneOf(opened, index));
    // Connections are opened, and their first calls made, before the clock runs.
    await Promise.all(lanes.map(({ connection, session }) => callOnce(connection, session, ++lastId)));
    const latenciesMs = new Float64Array(calls);
    const before = performance.now();
    let begun = 0;
    await Promise.all(
      lanes.map(async ({ connection, session }) => {
        while (begun < calls) {
          const index = begun++;
          const start = performance.now();
          await callOnce(connection, session, ++lastId);
          latenciesMs[index] = performance.now() - start;
        }
      }),
    );
    const seconds = (performance.now() - before) / 1000;
    for (const { connection } of lanes) connection.close();
    return { seconds, latenciesMs: [...latenciesMs] };
  },

  /** @param {{ name: string }} params */
  async close({ name }) {
    await Promise.all((sessions.get(name) ?? []).map(({ channel }) => channel.end()));
    sessions.delete(name);
    return {};
  },
};

/**
 * @param {import('./session.mjs').Session[]} opened
 * @param {number} index
 */
function laneOf(opened, index) {
  const session = opened[index % opened.length];
  if (!session) throw new Error('there are no sessions');
  return { session, connection: openConnection(session.url) };
}

onLines(process.stdin, async (line) => {
  const { id, method, params } = JSON.parse(line);
  const run = METHODS[/** @type {keyof typeof METHODS} */ (method)];
  const outcome = await run(params).then(
    (result) => ({ result }),
    (error) => ({ error: { message: String(error?.message ?? error) } }),
  );
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...outcome })}\n`);
});
process.stdin.on('end', () => process.exit());
