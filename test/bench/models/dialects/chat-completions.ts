import { isJsonObject, type JsonObject, parseJsonObject } from '../../../../src/core/json.ts';
import { type ClientDialect, countIn, type ModelCall, type Usage } from './dialect.ts';

/** The chat completions of OpenAI, as others speak them too. */
export const chatCompletions: ClientDialect = {
  headers: (key) => ({ authorization: `Bearer ${key}` }),
  open: ({ model, system, prompt, tools }) => ({
    model,
    tools: tools.map(({ name, description, inputSchema }) => ({
      type: 'function',
      function: { name, description, parameters: inputSchema },
    })),
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: prompt },
    ],
  }),
  read({ choices, usage }) {
    const [choice] = Array.isArray(choices) ? choices : [];
    const message: unknown = isJsonObject(choice) ? choice.message : undefined;
    if (!isJsonObject(message)) throw new Error('the endpoint answered without a message');
    const { content = null, tool_calls } = message;
    const wire = (Array.isArray(tool_calls) ? tool_calls : []).filter(isJsonObject);
    // Some send further fields that they refuse to get back.
    const said = { role: 'assistant', content, ...(wire.length > 0 && { tool_calls: wire }) };
    return { text: textIn(content), calls: wire.map(callIn), message: said, ...usageIn(usage) };
  },
  results: (answers) =>
    answers.map(({ call, answer }) => ({ role: 'tool', tool_call_id: call.id, content: answer.text })),
};

function callIn({ id, function: called }: JsonObject): ModelCall {
  const { name, arguments: written } = isJsonObject(called) ? called : {};
  const input = parseJsonObject(typeof written === 'string' && written !== '' ? written : '{}');
  const fault = input ? {} : { fault: 'The arguments are not a JSON object.' };
  return { id: String(id), name: String(name), input: input ?? {}, ...fault };
}

/** Content is a text, or parts of which some are texts. */
function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = (Array.isArray(content) ? content : []).filter(isJsonObject);
  return parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('\n');
}

function usageIn(usage: unknown): { usage?: Usage } {
  if (!isJsonObject(usage)) return {};
  const [tokensIn, tokensOut] = [countIn(usage.prompt_tokens), countIn(usage.completion_tokens)];
  return tokensIn === undefined || tokensOut === undefined ? {} : { usage: { tokensIn, tokensOut } };
}
