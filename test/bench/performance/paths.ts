import { dirname, join, resolve } from 'node:path';

/** The folder of the runner: what is running is a bundle elsewhere. */
export const BENCH = dirname(resolve(process.argv[1] ?? ''));

/** The checkout. */
export const ROOT = resolve(BENCH, '../..');
/** The built bin that is measured. */
export const BIN = join(ROOT, 'dist/index.js');
/** What it is compared with. */
export const RELAY = join(BENCH, 'performance/relay.mjs');
/** The server that both are in front of. */
export const UPSTREAM = join(BENCH, 'performance/upstream.mjs');
/** Where `--write` puts the table. */
export const README = join(BENCH, 'README.md');
