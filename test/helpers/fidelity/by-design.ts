import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { CANCEL_REASON } from './channel-cases.ts';
import type { Observation } from './probe.ts';
import type { Row } from './rows.ts';
import type { ClientKind } from './session.ts';

/** A difference between the gateway and a direct connection that is meant, and how to take it back. */
export interface Difference {
  readonly difference: string;
  readonly reason: string;
  readonly on: (client: ClientKind, row: Row) => boolean;
  /** What would have been seen without it. */
  readonly undo: (seen: Observation, client: ClientKind) => Observation;
}

const everywhere = () => true;
const isModern = (client: ClientKind) => client === 'v2-modern';

/** Every difference that there may be. Whatever else differs is a defect. */
export const BY_DESIGN: readonly Difference[] = [
  {
    difference: 'A JSON-RPC error of the server is a result with isError; the error is in _meta["mcp-gateway/error"].',
    reason: 'A model reads results and corrects itself; many hosts hide protocol errors from it.',
    on: everywhere,
    undo: (seen, client) => {
      const error = upstreamError(seen.wire);
      if (!error) return seen;
      const message = client === 'v1' ? `MCP error ${error.code}: ${error.message}` : error.message;
      return { ...seen, wire: { error }, outcome: { error: { ...error, message } } };
    },
  },
  {
    difference: 'A 2026-era result has `resultType` and the serverInfo of its era in `_meta`.',
    reason: 'The era demands it of whoever answers: the server where it speaks that era, else the gateway.',
    on: (client, { era }) => isModern(client) !== (era === '2026'),
    undo: (seen) => mapResults(seen, withoutEra),
  },
  {
    difference: 'A 2026-era server sees who calls in each request, and is called again for each round of questions.',
    reason: 'It has no handshake and no requests to the client.',
    on: (client, { era }) => !isModern(client) && era === '2026',
    undo: (seen) => ({ ...seen, journal: oncePerCall(seen.journal.map(withoutEnvelope)) }),
  },
  {
    difference: 'A cancellation reaches a 2026-era server over HTTP without the reason of the client.',
    reason: 'There the end of the request’s stream is the cancellation.',
    on: (client, { era, transport }) => !isModern(client) && era === '2026' && transport === 'http',
    undo: (seen) => ({ ...seen, journal: seen.journal.map(withReason) }),
  },
];

/** Every further difference that there may be where the client comes over HTTP. */
export const AT_THE_EDGE: readonly Difference[] = [
  {
    difference: 'A cancellation of a 2026-era client over HTTP reaches the server without the reason of the client.',
    reason: 'There the end of the request’s stream is the cancellation.',
    on: (client, { era, transport }) => isModern(client) && !(era === '2026' && transport === 'http'),
    undo: (seen) => ({ ...seen, journal: seen.journal.map(withReason) }),
  },
];

/** What was seen through the gateway as it would be without the differences that are meant, `more` among them. */
export function asDirect(
  seen: Observation,
  client: ClientKind,
  row: Row,
  more: readonly Difference[] = [],
): Observation {
  const applying = [...BY_DESIGN, ...more].filter(({ on }) => on(client, row));
  return applying.reduce((observation, { undo }) => undo(observation, client), seen);
}

const member = (value: unknown, key: string) => (isJsonObject(value) ? value[key] : undefined);

function upstreamError(wire: unknown): (JsonObject & { code: number; message: string }) | undefined {
  const meta = member(member(wire, 'result'), '_meta');
  return member(member(meta, 'mcp-gateway/error'), 'upstream') as ReturnType<typeof upstreamError>;
}

function mapResults(seen: Observation, map: (result: unknown) => unknown): Observation {
  const mapped = (value: unknown) => (member(value, 'result') ? { result: map(member(value, 'result')) } : value);
  const outcome = Array.isArray(seen.outcome) ? seen.outcome.map(mapped) : mapped(seen.outcome);
  return { ...seen, outcome, wire: mapped(seen.wire) };
}

const ENVELOPE = /^io\.modelcontextprotocol\/(serverInfo|protocolVersion|clientInfo|clientCapabilities|logLevel)$/;

function withoutEra(result: unknown): unknown {
  const { resultType: _, _meta, ...rest } = result as JsonObject;
  const meta = withoutKeys(_meta);
  return meta ? { ...rest, _meta: meta } : rest;
}

function withoutEnvelope(event: unknown): unknown {
  const { meta, ...rest } = event as JsonObject;
  return meta === undefined ? rest : { ...rest, meta: withoutKeys(meta) ?? {} };
}

function withoutKeys(meta: unknown): JsonObject | undefined {
  const kept = Object.entries(isJsonObject(meta) ? meta : {}).filter(([key]) => !ENVELOPE.test(key));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** Rounds of one call follow each other, with the same arguments. */
function oncePerCall(journal: readonly unknown[]): unknown[] {
  const keys = journal.map((event) => JSON.stringify(event));
  return journal.filter(
    (event, index) => member(event, 'tool') !== 'ask' || keys.indexOf(keys[index] as string) === index,
  );
}

function withReason(event: unknown): unknown {
  return member(event, 'event') === 'cancelled' ? { ...(event as JsonObject), reason: CANCEL_REASON } : event;
}
