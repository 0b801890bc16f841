import type { JsonObject } from '../../../src/core/json.ts';
import type { LabelledTool } from '../data.ts';

/** A tool of the experiment; `source` is the collection it comes from. */
export type Tool = LabelledTool & { readonly source: string };

/** A call that a task needs or allows. */
export interface Step {
  /** Ids of the tools that do it equally well. */
  readonly tools: readonly string[];
  /** What its arguments must be, in the patterns of `matches.mjs`; absent: any. */
  readonly args?: JsonObject;
  /** What the server answers: a text, or a value as JSON. */
  readonly gives?: unknown;
}

/** Something to do with tools. */
export interface Task {
  readonly id: string;
  readonly prompt: string;
  /** Servers whose tools are there in every catalog. */
  readonly servers: readonly string[];
  /** All calls that must be made. */
  readonly steps: readonly Step[];
  /** Calls that may be made. */
  readonly also: readonly Step[];
  /** Texts that the last answer must have. */
  readonly says: readonly string[];
  /** No tool can do it: the model must report that, and change nothing. */
  readonly missing: boolean;
  /** True where the tools say which of them only read, so that a change that nobody asked for can be told. */
  readonly hasHints: boolean;
}

/** A step with one tool. */
export function step(tool: string, args: JsonObject, gives: unknown = 'Done.'): Step {
  return { tools: [tool], args, gives };
}

/** The pattern of a text that has another one in it, whatever the case. */
export const containing = (text: string): JsonObject => ({ $contains: text });

/** The pattern of any of several values. */
export const oneOf = (...values: readonly unknown[]): JsonObject => ({ $oneOf: values });

/** A task of ours with what its kind leaves open. */
export function task(
  id: string,
  prompt: string,
  parts: Partial<Pick<Task, 'steps' | 'also' | 'says' | 'servers' | 'missing'>>,
): Task {
  const { steps = [], also = [], says = [], missing = false } = parts;
  const used = [...steps, ...also].flatMap(({ tools }) => tools).map((tool) => tool.split('::')[0] ?? '');
  const servers = parts.servers ?? [...new Set(used)];
  return { id, prompt, servers, steps, also, says, missing, hasHints: true };
}
