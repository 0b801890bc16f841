import { appendFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { pipeTransport } from '../helpers/clients.ts';
import { asDirect } from '../helpers/fidelity/by-design.ts';
import { CASES, type Case } from '../helpers/fidelity/cases.ts';
import { type Observation, observe, type Way } from '../helpers/fidelity/probe.ts';
import { inEra, ROWS, type Row } from '../helpers/fidelity/rows.ts';
import { type ClientKind, connectSession, type Session } from '../helpers/fidelity/session.ts';
import { type Entry, journal, local, remote } from '../helpers/fixture.ts';
import { launchGateway } from '../helpers/gateway.ts';
import { waitUntil } from '../helpers/processes.ts';
import { directTransport } from '../helpers/transports.ts';

const CLIENTS: readonly ClientKind[] = ['v1', 'v2', 'v2-modern'];
const CELLS = CLIENTS.flatMap((client) =>
  ROWS.map((row) => [`${client} client, ${row.sdk} server of ${row.era} over ${row.transport}`, client, row] as const),
);

test.each(CELLS)('%s [fidelity.matrix]', { timeout: 60_000 }, async (_name, client, row) => {
  const { entry, events } = await serve(row);
  const cases = CASES.filter(({ on }) => on?.(row, client) ?? true);
  const direct = await observeAll(await directly(client, row, entry, events), cases);
  const through = await observeAll(await throughGateway(client, row, entry, events), cases);
  if (process.env.DUMP)
    appendFileSync(
      process.env.DUMP,
      `${JSON.stringify({ client, row, direct, through: Object.fromEntries(Object.entries(through).map(([k, v]) => [k, asDirect(v, client, row)])) })}\n`,
    );
  for (const { name } of cases)
    expect.soft(asDirect(through[name] as Observation, client, row), name).toEqual(direct[name]);
});

async function serve(row: Row): Promise<{ entry: Entry; events: Way['events'] }> {
  const { file, events } = journal();
  const options = { sdk: row.sdk, journal: file };
  return { entry: row.transport === 'stdio' ? local(options) : (await remote(row.transport, options)).entry(), events };
}

/** The era of both sides: a modern client speaks to an older server, and the other way round, in the words of 2025. */
async function directly(client: ClientKind, row: Row, entry: Entry, events: Way['events']): Promise<Way> {
  const kind = client === 'v2-modern' && row.era === '2025' ? 'v2' : client;
  const session = await connectSession(kind, directTransport(entry, row.transport, client === 'v1' ? 'v1' : 'v2'));
  closeAfterTest(session);
  return { session, events, call: (tool, args, options) => session.callTool(tool, args, options) };
}

async function throughGateway(client: ClientKind, row: Row, entry: Entry, events: Way['events']): Promise<Way> {
  const gateway = launchGateway({ config: { u: inEra(entry, row.era) } });
  const session = await connectSession(client, pipeTransport(gateway.process.peer));
  closeAfterTest(session);
  const ready = async () => !(await session.callTool('describe', { id: 'u::answer' })).isError;
  await waitUntil(ready, { what: `the server is known; log: ${gateway.process.tail()}` });
  return {
    session,
    events,
    call: (tool, args, options) => session.callTool('invoke', { id: `u::${tool}`, args }, options),
  };
}

function closeAfterTest(session: Session): void {
  onTestFinished(() => session.close());
}

async function observeAll(way: Way, cases: readonly Case[]): Promise<Record<string, Observation>> {
  const seen: Record<string, Observation> = {};
  for (const { name, run } of cases) {
    seen[name] = await observe(way, run).catch((error: Error) => {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    });
  }
  return seen;
}
