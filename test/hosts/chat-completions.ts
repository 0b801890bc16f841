import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../src/core/json.ts';
import type { Answer, Block, Dialect } from './model-dialect.ts';

interface WirePart {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}

interface WireRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string | readonly WirePart[] }[];
  readonly tools?: readonly {
    readonly function: { readonly name: string; readonly description?: string; readonly parameters?: JsonObject };
  }[];
}

/** The chat completions of OpenAI, as others speak them too. */
export const chatCompletions: Dialect = {
  path: '/v1/chat/completions',
  read(body) {
    const { model, messages, tools = [] } = body as unknown as WireRequest;
    const news = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
    return {
      model,
      tools: tools.map(({ function: { name, description = '', parameters = {} } }) => ({
        ...{ name, description, inputSchema: parameters },
      })),
      system: messages
        .filter(({ role }) => role === 'system')
        .map(({ content }) => JSON.stringify(content))
        .join('\n'),
      news: news.flatMap(({ content }) => parts(content)).map(readPart),
      failed: false,
    };
  },
  write(answer, { model }, stream) {
    const head = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
    const message = messageOf(answer);
    const finish_reason = answer.calls ? 'tool_calls' : 'stop';
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    if (!stream)
      return JSON.stringify({
        ...head,
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason }],
        usage,
      });
    const chunk = { ...head, object: 'chat.completion.chunk' };
    return [
      JSON.stringify({ ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] }),
      JSON.stringify({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason }], usage }),
      '[DONE]',
    ]
      .map((data) => `data: ${data}\n\n`)
      .join('');
  },
};

const parts = (content: string | readonly WirePart[]): readonly WirePart[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

function readPart({ text = '', image_url }: WirePart): Block {
  const [, mimeType, data] = /^data:([^;]+);base64,(.*)$/s.exec(image_url?.url ?? '') ?? [];
  return mimeType !== undefined && data !== undefined ? { type: 'image', mimeType, data } : { type: 'text', text };
}

function messageOf({ text, calls }: Answer) {
  const tool_calls = calls?.map(({ tool, input }, index) => ({
    ...{ index, id: `call_${randomUUID()}`, type: 'function' },
    function: { name: tool, arguments: JSON.stringify(input) },
  }));
  return { role: 'assistant', content: text ?? null, ...(tool_calls && { tool_calls }) };
}
