import type { Arm } from './arms/arm.ts';
import type { Body, ModelCall, Reply, Usage } from './dialects/dialect.ts';
import { type Endpoint, EndpointError } from './endpoint.ts';
import type { Call, ToolAnswer } from './scene.ts';
import { tokensOf } from './tokens.ts';

/** What is said to a model in every arm, before the instructions of the arm. */
export const SYSTEM = `You do tasks with tools. Nobody can answer questions, so work until the task is done: look things up with tools, and where the task leaves a value open that a tool needs, choose a fitting one. Do exactly what is asked and change nothing else. When it is done, say so in one or two sentences, with what was asked for.
If no tool can do what is asked, do not do something else in its place: answer with the words NO TOOL and what is missing.`;

/** How a conversation ended: with an answer, at the bound of turns, at the deadline of a turn, or refused by the endpoint. */
export type Ending = 'answered' | 'turns' | 'late' | 'refused';

/** A conversation from the task to its end. */
export interface Conversation {
  readonly ending: Ending;
  /** What the endpoint said when it refused; else the model's last words. */
  readonly text: string;
  /** Requests that the model answered. */
  readonly turns: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** True if a response told no usage, so that tokens were counted here. */
  readonly counted: boolean;
  /** Calls of servers' tools as the model meant them. */
  readonly meant: readonly Call[];
  /** Names of the tools that the model called, as they were offered. */
  readonly used: readonly string[];
}

/** Lets a model do a task by the tools of an arm. Throws an `EndpointError` when the endpoint fails. */
export async function converse(endpoint: Endpoint, arm: Arm, prompt: string, maxTurns: number): Promise<Conversation> {
  const system = arm.instructions ? `${SYSTEM}\n\n${arm.instructions}` : SYSTEM;
  const { dialect, model } = endpoint;
  let body = dialect.open({ model, system, prompt, tools: arm.tools });
  const record = { turns: 0, tokensIn: 0, tokensOut: 0, counted: false, meant: [] as Call[], used: [] as string[] };
  let text = '';
  while (record.turns < maxTurns) {
    const reply = await replyTo(endpoint, body);
    if ('ending' in reply) return { ...record, ...reply };
    const usage = reply.usage ?? counted(body, reply);
    record.turns += 1;
    record.tokensIn += usage.tokensIn;
    record.tokensOut += usage.tokensOut;
    record.counted ||= reply.usage === undefined;
    text = reply.text;
    if (reply.calls.length === 0) return { ...record, ending: 'answered', text };
    record.used.push(...reply.calls.map(({ name }) => name));
    record.meant.push(
      ...reply.calls.flatMap(({ name, input, fault }) => (fault ? [] : (arm.meant(name, input) ?? []))),
    );
    const answers = await answersOf(arm, reply.calls);
    body = { ...body, messages: [...body.messages, reply.message, ...dialect.results(answers)] };
  }
  return { ...record, ending: 'turns', text };
}

async function replyTo(endpoint: Endpoint, body: Body): Promise<Reply | { ending: Ending; text: string }> {
  try {
    return endpoint.dialect.read(await endpoint.ask(body));
  } catch (error) {
    const ending = error instanceof EndpointError ? error.fault : undefined;
    if (ending === 'refused' || ending === 'late') return { ending, text: (error as EndpointError).message };
    throw error;
  }
}

/** One by one, so that servers receive them in the order in which the model made them. */
async function answersOf(arm: Arm, calls: readonly ModelCall[]): Promise<{ call: ModelCall; answer: ToolAnswer }[]> {
  const answers = [];
  for (const call of calls) {
    const answer = call.fault ? { text: call.fault, isError: true } : await arm.call(call.name, call.input);
    answers.push({ call, answer });
  }
  return answers;
}

function counted({ messages, tools, system }: Body & { tools?: unknown; system?: unknown }, { message }: Reply): Usage {
  return { tokensIn: tokensOf({ system, tools, messages }), tokensOut: tokensOf(message) };
}
