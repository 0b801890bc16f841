import { text, tool } from './content.mjs';
import { elicitation, form, inputRequired, roots, sampling } from './input.mjs';

const NAME = { name: { type: 'string' } };
const askName = (message = 'What is your name?') => elicitation(message, form(NAME));

/** Tools that ask the client before they answer. The SDK pushes these questions as requests to a client of the 2025 era. */
export const INPUT_TOOLS = [
  asking(
    'test_sampling',
    'Has the model of the client answer a prompt',
    ({ prompt }) => ({ answer: sampling(prompt) }),
    {
      answer: ({ answer }) => `LLM response: ${answer.content.text}`,
      properties: { prompt: { type: 'string', description: 'The prompt' } },
    },
  ),
  asking(
    'test_elicitation',
    'Asks the user for a name and an address',
    ({ message }) => ({ user: elicitation(message, form(USER)) }),
    {
      answer: ({ user }) => `User response: action: ${user.action}, content: ${JSON.stringify(user.content)}`,
      properties: { message: { type: 'string', description: 'What the user is asked' } },
    },
  ),
  asking('test_elicitation_sep1034_defaults', 'Asks with defaults', () => ({
    user: elicitation('Please review', form(DEFAULTS)),
  })),
  asking('test_elicitation_sep1330_enums', 'Asks with every kind of choice', () => ({
    user: elicitation('Please choose', form(CHOICES, [])),
  })),
  asking('test_streaming_elicitation', 'Asks for a name', () => ({ user: askName() })),
  asking('test_missing_capability', 'Needs a client with sampling', () => ({ answer: sampling('Are you there?') })),
  asking('test_input_required_result_elicitation', 'Greets by name', () => ({ user_name: askName() }), {
    answer: ({ user_name }) => `Hello, ${user_name.content.name}!`,
  }),
  asking('test_input_required_result_sampling', 'Asks the model for a capital', () => ({
    capital_question: sampling('What is the capital of France?'),
  })),
  asking('test_input_required_result_list_roots', 'Names the roots of the client', () => ({ client_roots: roots() })),
  asking('test_input_required_result_capabilities', 'Asks what the client can answer', (_args, { capabilities }) => ({
    ...(capabilities.sampling && { answer: sampling('Are you there?') }),
    ...(capabilities.elicitation && { user_name: askName() }),
    ...(capabilities.roots && { client_roots: roots() }),
  })),
  asking('test_input_required_result_request_state', 'Confirms, with state', () => ({ confirm: confirmation() }), {
    state: 'confirm',
    answer: () => 'state-ok',
  }),
  asking('test_input_required_result_tampered_state', 'Confirms, with state', () => ({ confirm: confirmation() }), {
    state: 'confirm',
  }),
  asking(
    'test_input_required_result_multiple_inputs',
    'Asks three things at once',
    () => ({ user_name: askName(), greeting: sampling('Generate a greeting', 50), client_roots: roots() }),
    { state: 'all' },
  ),
  tool('test_input_required_result_multi_round', 'Asks twice', multiRound),
];

/** A tool that asks `questions(args, call)` until all of them are answered, carrying `state` along. */
function asking(name, description, questions, { answer = JSON.stringify, properties, state } = {}) {
  const run = async (args, call) =>
    (await inputRequired(questions(args, call), call, state)) ?? { content: [text(answer(call.inputResponses))] };
  return tool(name, description, run, properties);
}

async function multiRound(_args, call) {
  if (call.state?.step !== 2) {
    const first = await inputRequired({ step1: askName('Step 1: What is your name?') }, call, { step: 1 });
    if (first) return first;
  }
  const color = { step2: elicitation('Step 2: What is your favorite color?', form({ color: { type: 'string' } })) };
  return (await inputRequired(color, call, { step: 2 })) ?? { content: [text('Both steps are done')] };
}

function confirmation() {
  return elicitation('Please confirm', form({ ok: { type: 'boolean' } }));
}

const USER = {
  username: { type: 'string', description: "User's response" },
  email: { type: 'string', description: "User's email address" },
};

const DEFAULTS = {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
};

const OPTIONS = ['option1', 'option2', 'option3'];
const titled = (kind) =>
  ['First', 'Second', 'Third'].map((nth, index) => ({ const: `value${index + 1}`, title: `${nth} ${kind}` }));

const CHOICES = {
  untitledSingle: { type: 'string', enum: OPTIONS },
  titledSingle: { type: 'string', oneOf: titled('Option') },
  legacyEnum: {
    type: 'string',
    enum: ['opt1', 'opt2', 'opt3'],
    enumNames: ['Option One', 'Option Two', 'Option Three'],
  },
  untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
  titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
};
