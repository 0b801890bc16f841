import { isJsonObject, type JsonObject } from '../../../../src/core/json.ts';
import { type ClientDialect, countIn, type ModelCall, type Usage } from './dialect.ts';

/** The API asks for a bound. */
const MAX_TOKENS = 4096;

/** The Messages API of Anthropic. */
export const messages: ClientDialect = {
  headers: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
  open: ({ model, system, prompt, tools }) => ({
    model,
    max_tokens: MAX_TOKENS,
    system,
    tools: tools.map(({ name, description, inputSchema }) => ({ name, description, input_schema: inputSchema })),
    messages: [{ role: 'user', content: prompt }],
  }),
  read({ content, usage }) {
    if (!Array.isArray(content)) throw new Error('the endpoint answered without content');
    const blocks = content.filter(isJsonObject);
    const texts = blocks.filter(({ type }) => type === 'text').map(({ text }) => String(text));
    const calls = blocks.filter(({ type }) => type === 'tool_use').map(callIn);
    return { text: texts.join('\n'), calls, message: { role: 'assistant', content }, ...usageIn(usage) };
  },
  results: (answers) => [
    {
      role: 'user',
      content: answers.map(({ call, answer: { text, isError } }) => ({
        ...{ type: 'tool_result', tool_use_id: call.id, content: text },
        ...(isError && { is_error: true }),
      })),
    },
  ],
};

function callIn({ id, name, input }: JsonObject): ModelCall {
  return { id: String(id), name: String(name), input: isJsonObject(input) ? input : {} };
}

function usageIn(usage: unknown): { usage?: Usage } {
  if (!isJsonObject(usage)) return {};
  const [tokensIn, tokensOut] = [countIn(usage.input_tokens), countIn(usage.output_tokens)];
  if (tokensIn === undefined || tokensOut === undefined) return {};
  const cached = (countIn(usage.cache_read_input_tokens) ?? 0) + (countIn(usage.cache_creation_input_tokens) ?? 0);
  return { usage: { tokensIn: tokensIn + cached, tokensOut } };
}
