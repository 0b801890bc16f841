import { describe, test } from 'vitest';
import { AT_THE_EDGE } from '../helpers/fidelity/by-design.ts';
import { expectSame } from '../helpers/fidelity/matrix.ts';
import { ROWS } from '../helpers/fidelity/rows.ts';
import type { ClientKind } from '../helpers/fidelity/session.ts';
import { throughEdge } from '../helpers/fidelity/ways.ts';
import type { NetworkTransport } from '../helpers/servers/fixture.ts';

/** Servers, as `sdk era transport`, for each kind of client and the transport of the edge by which it comes. */
const PAIRINGS: readonly (readonly [ClientKind, NetworkTransport, readonly string[]])[] = [
  ['v1', 'http', ['v1 2025 http', 'v2 2026 http', 'raw 2025 stdio']],
  ['v2', 'http', ['v2 2025 sse']],
  ['v2-modern', 'http', ['v1 2025 stdio', 'v1 2025 http', 'v2 2026 http', 'raw 2025 stdio']],
  ['v1', 'ws', ['v2 2026 stdio']],
  ['v2', 'sse', ['v1 2025 ws']],
];
const CELLS = PAIRINGS.flatMap(([client, transport, servers]) =>
  ROWS.filter(({ sdk, era, transport: far }) => servers.includes(`${sdk} ${era} ${far}`)).map((row) => {
    const name = `${client} client over ${transport}, ${row.sdk} server of ${row.era} over ${row.transport}`;
    return [name, client, transport, row] as const;
  }),
);
const SURROUNDINGS = {
  differences: AT_THE_EDGE,
  except: [
    {
      cases: 'log messages:',
      reason:
        'SDK 1.x logs beside the call’s own stream, so after its answer; a 2026-era client has no stream left then.',
      on: (row: { sdk: string; transport: string }, client: ClientKind) =>
        client === 'v2-modern' && row.sdk === 'v1' && row.transport === 'http',
    },
  ],
};

describe('[http.fidelity]', () => {
  test.each(CELLS)('%s', { timeout: 60_000 }, (_name, client, transport, row) =>
    expectSame(client, row, (...way) => throughEdge(transport, ...way), SURROUNDINGS),
  );
});
