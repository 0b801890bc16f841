import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../src/core/json.ts';
import type { Answer, Block, Dialect } from './model-dialect.ts';

interface WireBlock {
  readonly type: string;
  readonly text?: string;
  readonly source?: { readonly media_type: string; readonly data: string };
  readonly content?: string | readonly WireBlock[];
  readonly is_error?: boolean;
}

interface WireRequest {
  readonly model: string;
  readonly system?: string | readonly WireBlock[];
  readonly tools?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly input_schema?: JsonObject;
    readonly defer_loading?: boolean;
  }[];
  readonly messages: readonly { readonly role: string; readonly content: string | readonly WireBlock[] }[];
}

/** The Messages API of Anthropic. */
export const messagesApi: Dialect = {
  path: '/v1/messages',
  read(body) {
    const { model, system = '', tools = [], messages } = body as unknown as WireRequest;
    const news = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
    const blocks = news.flatMap(({ content }) => wireBlocks(content));
    return {
      model,
      // What is deferred the model does not see before it has searched for it.
      tools: tools
        .filter(({ defer_loading }) => !defer_loading)
        .map(({ name, description = '', input_schema = {} }) => ({ name, description, inputSchema: input_schema })),
      system: wireBlocks(system)
        .map(({ text }) => text)
        .join('\n'),
      news: blocks.flatMap(readBlock),
      failed: blocks.some(({ is_error }) => is_error === true),
    };
  },
  write(answer, { model }, stream) {
    const content = contentOf(answer);
    const stop_reason = answer.calls ? 'tool_use' : 'end_turn';
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = {
      id: `msg_${randomUUID()}`,
      type: 'message',
      role: 'assistant',
      model,
      stop_sequence: null,
      usage,
    };
    if (!stream) return JSON.stringify({ ...message, content, stop_reason });
    return [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
      ...content.flatMap(streamed),
      { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
      { type: 'message_stop' },
    ]
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join('');
  },
};

const wireBlocks = (content: string | readonly WireBlock[]): readonly WireBlock[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

/** What is in a tool's result counts as said like everything else. */
function readBlock({ type, text = '', source, content = '' }: WireBlock): Block[] {
  if (type === 'tool_result') return wireBlocks(content).flatMap(readBlock);
  if (type === 'image' && source) return [{ type: 'image', mimeType: source.media_type, data: source.data }];
  return [{ type: 'text', text }];
}

function contentOf({ text, calls = [] }: Answer) {
  return [
    ...(text === undefined ? [] : [{ type: 'text', text }]),
    ...calls.map(({ tool, input }) => ({ type: 'tool_use', id: `toolu_${randomUUID()}`, name: tool, input })),
  ];
}

function streamed(block: ReturnType<typeof contentOf>[number], index: number) {
  const [start, delta] =
    'input' in block
      ? [
          { ...block, input: {} },
          { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
        ]
      : [
          { ...block, text: '' },
          { type: 'text_delta', text: block.text },
        ];
  return [
    { type: 'content_block_start', index, content_block: start },
    { type: 'content_block_delta', index, delta },
    { type: 'content_block_stop', index },
  ];
}
