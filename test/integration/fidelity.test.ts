import { describe, test } from 'vitest';
import { expectSame } from '../helpers/fidelity/matrix.ts';
import { ROWS } from '../helpers/fidelity/rows.ts';
import type { ClientKind } from '../helpers/fidelity/session.ts';
import { throughGateway } from '../helpers/fidelity/ways.ts';

const CLIENTS: readonly ClientKind[] = ['v1', 'v2', 'v2-modern'];
const CELLS = CLIENTS.flatMap((client) =>
  ROWS.map((row) => [`${client} client, ${row.sdk} server of ${row.era} over ${row.transport}`, client, row] as const),
);

describe('[fidelity.matrix, results.content, channels.progress, channels.cancel, channels.logs, channels.sampling, channels.elicitation, channels.roots, channels.mirrored, channels.errors, eras.pairings]', () => {
  test.each(CELLS)('%s', { timeout: 60_000 }, (_name, client, row) => expectSame(client, row, throughGateway));
});
