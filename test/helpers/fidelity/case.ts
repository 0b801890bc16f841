import type { Way } from './probe.ts';
import type { Row } from './rows.ts';
import type { ClientKind } from './session.ts';

/** Cells of the matrix in which a case does not exist. */
export interface Exception {
  readonly reason: string;
  readonly on: (row: Row, client: ClientKind) => boolean;
}

/** One thing that must be the same through the gateway as directly. */
export interface Case {
  readonly name: string;
  readonly run: (way: Way) => Promise<unknown>;
  /** Calls run side by side: the order in which the server hears of them means nothing. */
  readonly parallel?: boolean;
  /** Where there is nothing to compare, and why. */
  readonly unless?: Exception;
}
