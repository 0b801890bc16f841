import type { Entry, NetworkTransport, UpstreamOptions } from '../servers/fixture.ts';

/** A server of the matrix: SDK, protocol era, transport. */
export interface Row {
  readonly sdk: NonNullable<UpstreamOptions['sdk']>;
  readonly era: '2025' | '2026';
  readonly transport: 'stdio' | NetworkTransport;
}

const TRANSPORTS = ['stdio', 'http', 'sse', 'ws'] as const;

/** Every server of the matrix; 2026-07-28 has two transports. */
export const ROWS: readonly Row[] = [
  ...TRANSPORTS.map((transport) => ({ sdk: 'v1', era: '2025', transport }) as const),
  ...TRANSPORTS.map((transport) => ({ sdk: 'v2', era: '2025', transport }) as const),
  { sdk: 'v2', era: '2026', transport: 'stdio' },
  { sdk: 'v2', era: '2026', transport: 'http' },
  { sdk: 'raw', era: '2025', transport: 'stdio' },
];

/** The configuration entry with the era said, as the 2.x fixture speaks both. */
export function inEra(entry: Entry, era: Row['era']): Entry {
  return { ...entry, protocol: era === '2026' ? '2026-07-28' : '2025-11-25' };
}
