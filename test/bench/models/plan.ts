import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../../src/core/json.ts';
import { BIN } from '../performance/paths.ts';
import type { ArmName } from './arms/arm.ts';
import { catalogFor } from './catalog.ts';
import { SYSTEM } from './conversation.ts';
import { digest } from './lists.ts';
import type { RunKey } from './results.ts';
import type { Task, Tool } from './task.ts';
import { tokensOf } from './tokens.ts';

/** A run that is to be made. */
export interface PlannedRun {
  readonly key: RunKey;
  readonly task: Task;
  /** The same in all arms. */
  readonly tools: readonly Tool[];
  /** Estimated tokens of the definitions in each request. */
  readonly definitions: number;
}

/** Tokens that a run is likely to take. */
export interface Estimate {
  readonly tokensIn: number;
  readonly tokensOut: number;
}

export interface PlanSettings {
  readonly tasks: readonly Task[];
  readonly pool: readonly Tool[];
  readonly arms: readonly ArmName[];
  readonly sizes: readonly number[];
  readonly seed: number;
  readonly model: string;
  readonly maxTurns: number;
  readonly extra: JsonObject;
}

/** Tokens of the meta-tools and instructions, about. */
const META_TOKENS: Readonly<Record<Exclude<ArmName, 'all'>, number>> = { gateway: 900, original: 350 };
/** Turns that finding a tool takes beside calling it, and what an answer adds to all later requests. */
const FINDING: Readonly<Record<ArmName, { turns: number; answer: number }>> = {
  all: { turns: 0, answer: 120 },
  gateway: { turns: 0.8, answer: 400 },
  original: { turns: 1.6, answer: 450 },
};
const TOKENS_OUT_PER_TURN = 90;
/** Of a task that needs no call, since its tool is missing. */
const LEAST_STEPS = 2;

/** All runs, arm by arm within a task, so that what an endpoint does meanwhile meets all arms alike. */
export function plan({ tasks, pool, arms, sizes, seed, model, maxTurns, extra }: PlanSettings): PlannedRun[] {
  const tokens = definitionTokens();
  // The names of its chunks have their digests, so this one file stands for the whole build.
  const build = arms.includes('gateway') ? digest(readFileSync(BIN, 'utf8')) : '';
  return sizes.flatMap((size) =>
    tasks.flatMap((task) => {
      const tools = catalogFor(task, size, pool, seed);
      const circumstances = digest(JSON.stringify([SYSTEM, task, tools, maxTurns, extra]));
      return arms.map((arm) => {
        const print = arm === 'gateway' ? digest(`${circumstances} ${build}`) : circumstances;
        const key = { task: task.id, arm, size, model, print };
        return { key, task, tools, definitions: arm === 'all' ? tokens(tools) : META_TOKENS[arm] };
      });
    }),
  );
}

/** What a run is likely to take, from the measurements of other models. */
export function estimate({ key: { arm }, task, definitions }: PlannedRun): Estimate {
  const { turns: finding, answer } = FINDING[arm];
  const turns = Math.max(LEAST_STEPS, task.steps.length) * (1 + finding) + 1;
  const fixed = definitions + tokensOf([SYSTEM, task.prompt]);
  const tokensIn = turns * fixed + ((turns * (turns - 1)) / 2) * (answer + TOKENS_OUT_PER_TURN);
  return { tokensIn: Math.round(tokensIn), tokensOut: Math.round(turns * TOKENS_OUT_PER_TURN) };
}

/** Counts each tool once, whichever catalogs have it. */
function definitionTokens(): (tools: readonly Tool[]) => number {
  const known = new Map<string, number>();
  const of = (tool: Tool) => {
    const tokens = known.get(tool.id) ?? tokensOf([tool.server, tool.name, tool.description ?? '', tool.inputSchema]);
    known.set(tool.id, tokens);
    return tokens;
  };
  return (tools) => tools.reduce((sum, tool) => sum + of(tool), 0);
}
