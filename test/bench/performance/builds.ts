import { join } from 'node:path';
import { BIN, ROOT } from './paths.ts';

/** A state of the gateway that is measured: a checkout and its build. */
export interface Build {
  /** For people: `this`, or the git ref. */
  readonly name: string;
  /** Absolute path of the checkout. */
  readonly root: string;
  /** Absolute path of the built bin. */
  readonly bin: string;
}

/** What stands in this checkout, as it was last built. */
export const THIS: Build = { name: 'this', root: ROOT, bin: BIN };

/** The build of another checkout. */
export const buildIn = (root: string, name: string): Build => ({ name, root, bin: join(root, 'dist/index.js') });
