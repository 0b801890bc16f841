import { hasHint } from '../../../src/core/tool.ts';
import type { Conversation } from './conversation.ts';
import { matches } from './matches.mjs';
import type { Call } from './scene.ts';
import type { Step, Task, Tool } from './task.ts';
import { faultIn } from './validity.mjs';

const REPORTED = /\bno tool\b/i;

/** How well a task was done. What a task does not determine is undefined. */
export interface Score {
  /** All of it was done, and nothing else was changed. */
  readonly right: boolean;
  /** A server received a call for each step, and none of another tool that changes something. */
  readonly tool: boolean;
  /** All that the model wrote for the tools of the steps was valid by their schemas, at the first attempt too. */
  readonly schema?: boolean;
  /** Servers received the right values for each step, and no other ones for a tool that changes something. */
  readonly values?: boolean;
  /** The last answer has what was asked for, or reports the tool that is missing. */
  readonly answer?: boolean;
}

/** Judges a conversation by the calls that servers received. */
export function score(
  task: Task,
  tools: readonly Tool[],
  { received, meant, text, ending }: Pick<Conversation, 'meant' | 'text' | 'ending'> & { received: readonly Call[] },
): Score {
  const byId = new Map(tools.map((tool) => [tool.id, tool]));
  // What a server refused has changed nothing.
  const hasChanged = ({ id, args }: Call) => !isReading(byId.get(id)) && isValid(byId.get(id), args);
  const changes = task.hasHints ? received.filter(hasChanged) : [];
  const wanted = new Set(task.steps.flatMap((one) => one.tools));
  const strays = changes.filter(({ id }) => !wanted.has(id));
  const tool = strays.length === 0 && unmet(task.steps, received, isTool).length === 0;
  const answer = answerOf(task, text);
  const own = meant.filter(({ id }) => wanted.has(id));
  const areValid = own.length > 0 && own.every((call) => isValid(byId.get(call.id), call.args));
  const schema = task.steps.length > 0 ? areValid : undefined;
  const values = hasValues(task) ? areRight(task, received, changes) : undefined;
  const right = ending === 'answered' && tool && values !== false && answer !== false;
  return { right, tool, ...defined({ schema, values, answer }) };
}

type Fits = (step: Step, call: Call) => boolean;

const isTool: Fits = ({ tools }, { id }) => tools.includes(id);
const isRight: Fits = (step, call) => isTool(step, call) && matches(step.args ?? {}, call.args);

/** The steps for which no call is left when each has taken one; those that only one call fits take theirs first. */
function unmet(steps: readonly Step[], calls: readonly Call[], fits: Fits): Step[] {
  const left = [...calls];
  const choices = (step: Step) => calls.filter((call) => fits(step, call)).length;
  return [...steps]
    .sort((a, b) => choices(a) - choices(b))
    .filter((step) => {
      const at = left.findIndex((call) => fits(step, call));
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
}

const hasValues = ({ steps }: Task) => steps.some(({ args }) => args !== undefined);

function areRight({ steps }: Task, received: readonly Call[], changes: readonly Call[]): boolean {
  if (unmet(steps, received, isRight).length > 0) return false;
  const changing = steps.filter((step) => changes.some((call) => isTool(step, call)));
  // One change too many is wrong too: a credit note given twice.
  return changes.filter(({ id }) => changing.some(({ tools }) => tools.includes(id))).length <= changing.length;
}

function answerOf({ missing, says }: Task, text: string): boolean | undefined {
  if (missing) return REPORTED.test(text);
  if (says.length === 0) return undefined;
  return says.every((words) => text.toLowerCase().includes(words.toLowerCase()));
}

const isReading = (tool: Tool | undefined) => tool !== undefined && hasHint(tool, 'readOnlyHint');

const isValid = (tool: Tool | undefined, args: Call['args']) => faultIn(tool?.inputSchema ?? {}, args) === undefined;

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
