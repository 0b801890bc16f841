import { expect } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { directTransport } from '../clients/transports.ts';
import { type Entry, journal, local, remote } from '../servers/fixture.ts';
import { asDirect, type Difference } from './by-design.ts';
import type { Case, Exception } from './case.ts';
import { CHANNEL_CASES } from './channel-cases.ts';
import { CONTENT_CASES } from './content-cases.ts';
import { type Observation, observe, unordered, type Way } from './probe.ts';
import { QUESTION_CASES } from './question-cases.ts';
import { inEra, type Row } from './rows.ts';
import type { ClientKind } from './session.ts';
import { directly } from './ways.ts';

/** Every case of the matrix. */
export const CASES: readonly Case[] = [...CONTENT_CASES, ...CHANNEL_CASES, ...QUESTION_CASES];

/** Opens a way through the gateway to a server, as `throughGateway` does. */
export type OpenWay = (kind: ClientKind, entry: Entry, tool: string, events: Way['events']) => Promise<Way>;

/** What there is to know of the way by which a gateway is reached. */
export interface Surroundings {
  /** Differences that are meant on this way, beside those that are meant on any. */
  readonly differences?: readonly Difference[];
  /** Cases that cannot be compared on this way, by the beginning of their name. */
  readonly except?: readonly (Exception & { readonly cases: string })[];
}

/** Runs every case of one cell directly and through the gateway, and expects what is seen to be the same. */
export async function expectSame(
  client: ClientKind,
  row: Row,
  open: OpenWay,
  { differences = [], except = [] }: Surroundings = {},
): Promise<void> {
  const { entry, events } = await serve(row);
  const left = except.filter(({ on }) => on(row, client));
  const cases = CASES.filter(
    ({ name, unless }) => !unless?.on(row, client) && !left.some((each) => name.startsWith(each.cases)),
  );
  const direct = await observeAll(await withoutGateway(client, row, entry, events), cases);
  const known = identitySeen(events);
  const through = await observeAll(await open(client, inEra(entry, row.era), 'answer', events), cases);
  expect.soft(identitySeen(events), 'who the client is').toEqual(known);
  for (const { name } of cases)
    expect.soft(asDirect(through[name] as Observation, client, row, differences), name).toEqual(direct[name]);
}

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

/** What a connection that clients share is introduced as. */
const isOfGateway = ({ clientInfo }: JsonObject) => isJsonObject(clientInfo) && clientInfo.name === 'mcp-gateway';

/** What the server was last told of the client: in the handshake, or in the envelope of a request. */
function identitySeen(events: Way['events']): JsonObject {
  const { clientInfo, capabilities }: JsonObject = events('initialize').findLast((event) => !isOfGateway(event)) ?? {};
  const { meta }: JsonObject = events('call').at(-1) ?? {};
  const envelope = isJsonObject(meta) ? meta : {};
  return {
    clientInfo: envelope['io.modelcontextprotocol/clientInfo'] ?? clientInfo,
    capabilities: envelope['io.modelcontextprotocol/clientCapabilities'] ?? capabilities,
  };
}
