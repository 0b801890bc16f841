import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { embedded, image, text } from './content.mjs';
import { elicitation, form, inputRequired } from './input.mjs';

const prompt = (name, description, ...names) => ({
  name,
  description,
  arguments: names.map((each) => ({ name: each, description: `The ${each}`, required: true })),
});

/** What `prompts/list` answers. */
export const PROMPTS = [
  prompt('test_simple_prompt', 'One message'),
  prompt('test_prompt_with_arguments', 'A message made of its arguments', 'arg1', 'arg2'),
  prompt('test_prompt_with_embedded_resource', 'A message that embeds a resource', 'resourceUri'),
  prompt('test_prompt_with_image', 'A message that is an image'),
  prompt('test_input_required_result_prompt', 'Asks the user first'),
];

const MESSAGES = {
  test_simple_prompt: () => [text('This is a simple prompt for testing.')],
  test_prompt_with_arguments: ({ arg1, arg2 }) => [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  test_prompt_with_embedded_resource: ({ resourceUri }) => [
    embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.'),
    text('Please process the embedded resource above.'),
  ],
  test_prompt_with_image: () => [image(), text('Please analyze the image above.')],
  test_input_required_result_prompt: (_args, { user_context }) => [text(`Context: ${user_context.content.context}`)],
};

/** Answers `prompts/get`. */
export async function getPrompt({ name, arguments: args = {} }, call) {
  const messages = Object.hasOwn(MESSAGES, name) ? MESSAGES[name] : undefined;
  if (!messages) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${name}`);
  const question = name === 'test_input_required_result_prompt' && (await inputRequired(QUESTION, call));
  return question || { messages: messages(args, call.inputResponses).map((content) => ({ role: 'user', content })) };
}

const QUESTION = {
  user_context: elicitation('What context should the prompt use?', form({ context: { type: 'string' } })),
};
