import { describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { asDirect } from '../helpers/fidelity/by-design.ts';
import type { Case } from '../helpers/fidelity/case.ts';
import { CHANNEL_CASES } from '../helpers/fidelity/channel-cases.ts';
import { CONTENT_CASES } from '../helpers/fidelity/content-cases.ts';
import { type Observation, observe, unordered, type Way } from '../helpers/fidelity/probe.ts';
import { QUESTION_CASES } from '../helpers/fidelity/question-cases.ts';
import { inEra, ROWS, type Row } from '../helpers/fidelity/rows.ts';
import type { ClientKind } from '../helpers/fidelity/session.ts';
import { directly, throughGateway } from '../helpers/fidelity/ways.ts';
import { type Entry, journal, local, remote } from '../helpers/fixture.ts';
import { directTransport } from '../helpers/transports.ts';

const CASES: readonly Case[] = [...CONTENT_CASES, ...CHANNEL_CASES, ...QUESTION_CASES];
const CLIENTS: readonly ClientKind[] = ['v1', 'v2', 'v2-modern'];
const CELLS = CLIENTS.flatMap((client) =>
  ROWS.map((row) => [`${client} client, ${row.sdk} server of ${row.era} over ${row.transport}`, client, row] as const),
);

describe('[fidelity.matrix, results.content, channels.progress, channels.cancel, channels.logs, channels.sampling, channels.elicitation, channels.roots, channels.mirrored, channels.errors, eras.pairings]', () => {
  test.each(CELLS)('%s', { timeout: 60_000 }, async (_name, client, row) => {
    const { entry, events } = await serve(row);
    const cases = CASES.filter(({ unless }) => !unless?.on(row, client));
    const direct = await observeAll(await withoutGateway(client, row, entry, events), cases);
    const known = identitySeen(events);
    const through = await observeAll(await throughGateway(client, inEra(entry, row.era), 'answer', events), cases);
    expect.soft(identitySeen(events), 'who the client is').toEqual(known);
    for (const { name } of cases)
      expect.soft(asDirect(through[name] as Observation, client, row), name).toEqual(direct[name]);
  });
});

async function serve(row: Row): Promise<{ entry: Entry; events: Way['events'] }> {
  const { file, events } = journal();
  const options = { sdk: row.sdk, journal: file };
  return { entry: row.transport === 'stdio' ? local(options) : (await remote(row.transport, options)).entry(), events };
}

/** In the era of both sides: a modern client speaks to an older server, and the other way round, in the words of 2025. */
function withoutGateway(client: ClientKind, row: Row, entry: Entry, events: Way['events']): Promise<Way> {
  const kind = client === 'v2-modern' && row.era === '2025' ? 'v2' : client;
  return directly(kind, directTransport(entry, row.transport, client === 'v1' ? 'v1' : 'v2'), events);
}

async function observeAll(way: Way, cases: readonly Case[]): Promise<Record<string, Observation>> {
  const seen: Record<string, Observation> = {};
  for (const { name, run, parallel } of cases) {
    const observation = await observe(way, run).catch((error: Error) => {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    });
    seen[name] = parallel ? unordered(observation) : observation;
  }
  return seen;
}

/** What the server was last told of the client: in the handshake, or in the envelope of a request. */
function identitySeen(events: Way['events']): JsonObject {
  const { clientInfo, capabilities }: JsonObject = events('initialize').at(-1) ?? {};
  const { meta }: JsonObject = events('call').at(-1) ?? {};
  const envelope = isJsonObject(meta) ? meta : {};
  return {
    clientInfo: envelope['io.modelcontextprotocol/clientInfo'] ?? clientInfo,
    capabilities: envelope['io.modelcontextprotocol/clientCapabilities'] ?? capabilities,
  };
}
