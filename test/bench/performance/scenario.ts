import type { Laboratory } from './laboratory.ts';
import type { Row } from './row.ts';

/** What a scenario works with. */
export interface Context {
  readonly lab: Laboratory;
  /** Runs the rounds one after the other, each told its number from 0. */
  repeat<T>(round: (index: number) => Promise<T>): Promise<T[]>;
}

/** One thing to measure, chosen by its name. */
export interface Scenario {
  readonly name: string;
  /** Rounds where nobody says how many. */
  readonly rounds: number;
  measure(context: Context): Promise<Row[]>;
}
