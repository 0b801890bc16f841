import { setTimeout as delay } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';

/** What an answer may use of the request that it answers. */
export interface AnswerContext {
  readonly signal: AbortSignal;
  readonly progress?: (progress: { progress: number; total?: number; message?: string }) => Promise<void>;
}

/** How long a person ponders a question, in ms: longer than the deadlines of the tests that have them ask. */
const PONDER_MS = 1_000;

export const ROOTS = [{ uri: 'file:///home/ada/project', name: 'Project', _meta: { 'client/kind': 'git' } }];

/** What the person or the model behind the client says, by the text of the question. */
const ANSWERS: Readonly<Record<string, (context: AnswerContext) => JsonObject | Promise<JsonObject>>> = {
  accept: () => ({ action: 'accept', content: { name: 'Ada', age: 36, agreed: true, colours: ['red', 'blue'] } }),
  decline: () => ({ action: 'decline' }),
  cancel: () => ({ action: 'cancel' }),
  open: () => ({ action: 'accept' }),
  ponder: async () => {
    await delay(PONDER_MS);
    return { action: 'accept', content: {} };
  },
  reject: () => {
    throw Object.assign(new Error('the user rejected it'), { code: -1, data: { by: 'user' } });
  },
  text: () => sampled({ type: 'text', text: 'Paris' }),
  image: () => sampled({ type: 'image', data: 'AAAA', mimeType: 'image/png' }),
  tools: () => ({
    ...sampled([{ type: 'tool_use', id: 'use-1', name: 'lookup', input: { of: 7 } }]),
    stopReason: 'toolUse',
  }),
  slow: async ({ progress }) => {
    await progress?.({ progress: 1, total: 2, message: 'thinking' });
    await progress?.({ progress: 2, total: 2 });
    return sampled({ type: 'text', text: 'at last' });
  },
  hold: async ({ progress, signal }) => {
    await progress?.({ progress: 1 });
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return sampled({ type: 'text', text: 'too late' });
  },
};

/** The answer to a question whose message, or first sampled message, begins with a key of the table. */
export async function answerFor(params: JsonObject, context: AnswerContext): Promise<JsonObject> {
  const key = textOf(params).split(' ')[0] ?? '';
  const answer = ANSWERS[key];
  if (!answer) return { action: 'accept', content: { name: textOf(params) } };
  return answer(context);
}

function textOf({ message, messages }: JsonObject): string {
  if (typeof message === 'string') return message;
  const first: unknown = Array.isArray(messages) ? messages[0] : undefined;
  const content = isJsonObject(first) ? first.content : undefined;
  return isJsonObject(content) ? String(content.text) : '';
}

function sampled(content: unknown): JsonObject {
  return { role: 'assistant', content, model: 'test-model', stopReason: 'endTurn', _meta: { 'client/cost': 3 } };
}
