import type { Build } from './builds.ts';
import type { Laboratory } from './laboratory.ts';
import type { Row } from './row.ts';
import { inTurn } from './statistics.ts';

/** What a scenario works with. */
export interface Context {
  readonly lab: Laboratory;
  /** What is measured: this build, and with `--against` another one. */
  readonly builds: readonly Build[];
  /** Runs the rounds one after the other, each told its number from 0. */
  repeat(round: (index: number) => Promise<void>): Promise<void>;
}

/** One thing to measure, chosen by its name. */
export interface Scenario {
  readonly name: string;
  /** Rounds where nobody says how many. */
  readonly rounds: number;
  /** True of what is measured only when asked for: no row of the table of goals. */
  readonly more?: boolean;
  /** Resolves with the rows of each build; rows of the same place are of the same thing. */
  measure(context: Context): Promise<Row[][]>;
}

/** What a scenario has ready for one build. */
export interface Bench<Figures> {
  round(index: number): Promise<Figures>;
  close?(): Promise<void>;
}

interface Plan<Figures> extends Omit<Scenario, 'measure'> {
  open(lab: Laboratory, build: Build): Promise<Bench<Figures>> | Bench<Figures>;
  rows(rounds: readonly Figures[]): Row[];
}

/** A scenario by what one round does with one build. Builds take turns: A B, B A, A B …, so that a drift of the machine cancels. */
export function scenario<Figures>({ open, rows, ...rest }: Plan<Figures>): Scenario {
  return {
    ...rest,
    async measure({ lab, builds, repeat }) {
      const benches: { readonly bench: Bench<Figures>; readonly figures: Figures[] }[] = [];
      for (const build of builds) benches.push({ bench: await open(lab, build), figures: [] });
      await repeat(async (index) => {
        for (const { bench, figures } of inTurn(benches, index)) figures.push(await bench.round(index));
      });
      for (const { bench } of benches) await bench.close?.();
      return benches.map(({ figures }) => rows(figures));
    },
  };
}
