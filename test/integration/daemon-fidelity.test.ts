import { describe, test } from 'vitest';
import { expectSame } from '../helpers/fidelity/matrix.ts';
import { ROWS } from '../helpers/fidelity/rows.ts';
import type { ClientKind } from '../helpers/fidelity/session.ts';
import { throughDaemon } from '../helpers/fidelity/ways.ts';

/** Servers, as `sdk era transport`, for each kind of client, and what their entries say beside how to reach them. */
const PAIRINGS: readonly (readonly [ClientKind, string, object])[] = [
  ['v1', 'raw 2025 stdio', {}],
  ['v2-modern', 'v2 2026 stdio', {}],
];
const CELLS = PAIRINGS.flatMap(([client, server, more]) =>
  ROWS.filter(({ sdk, era, transport }) => server === `${sdk} ${era} ${transport}`).map(
    (row) => [`${client} client, ${server} ${JSON.stringify(more)}`, client, row, more] as const,
  ),
);

describe('[daemon.fidelity]', () => {
  test.each(CELLS)('%s', { timeout: 60_000 }, (_name, client, row, more) =>
    expectSame(client, row, (kind, entry, ...rest) => throughDaemon(kind, { ...entry, ...more }, ...rest)),
  );
});
