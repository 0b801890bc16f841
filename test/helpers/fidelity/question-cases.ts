import type { JsonObject } from '../../../src/core/json.ts';
import { waitUntil } from '../system/processes.ts';
import type { Case, Exception } from './case.ts';
import { outcomeOf, type Way } from './probe.ts';
import type { ClientKind } from './session.ts';

const URL_REQUIRED = {
  code: -32042,
  message: 'URL elicitation required',
  data: { elicitations: [{ mode: 'url', message: 'Log in', elicitationId: 'e-1', url: 'https://login.test/?a=1' }] },
};

const FORM = {
  type: 'object',
  properties: {
    name: { type: 'string', title: 'Name', description: 'Yours', minLength: 1, maxLength: 40, default: 'Bob' },
    mail: { type: 'string', format: 'email' },
    age: { type: 'integer', minimum: 0, maximum: 150, default: 30 },
    score: { type: 'number', default: 1.5 },
    agreed: { type: 'boolean', default: false },
    plain: { type: 'string', enum: ['x', 'y'], default: 'y' },
    named: { type: 'string', enum: ['r', 'g'], enumNames: ['Red', 'Green'] },
    titled: { type: 'string', oneOf: [{ const: 'r', title: 'Red' }] },
    several: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, minItems: 1, maxItems: 2, default: ['a'] },
    titledSeveral: { type: 'array', items: { anyOf: [{ const: 'a', title: 'A' }] } },
  },
  required: ['name'],
};

const elicit = (message: string, more: JsonObject = {}) => ({
  method: 'elicitation/create',
  params: { mode: 'form', message, requestedSchema: FORM, ...more },
});
const sample = (text: string, more: JsonObject = {}) => ({
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens: 100, ...more },
});

const QUESTIONS: Readonly<Record<string, JsonObject>> = {
  'elicitation: accepted': elicit('accept this'),
  'elicitation: declined': elicit('decline'),
  'elicitation: cancelled': elicit('cancel'),
  'sampling: text': sample('text', {
    systemPrompt: 'Be brief',
    temperature: 0.5,
    stopSequences: ['\n'],
    includeContext: 'thisServer',
    modelPreferences: { hints: [{ name: 'small' }], costPriority: 0.1, speedPriority: 0.2, intelligencePriority: 1 },
    metadata: { vendor: { x: 1 } },
  }),
  'sampling: image': sample('image'),
  'sampling: tools': sample('tools', {
    tools: [
      {
        name: 'lookup',
        description: 'Looks up',
        inputSchema: { type: 'object', properties: { of: { type: 'number' } } },
      },
    ],
    toolChoice: { mode: 'required' },
  }),
  'roots: listed': { method: 'roots/list', params: {} },
};

const visit = {
  method: 'elicitation/create',
  params: { mode: 'url', message: 'open', elicitationId: 'e-2', url: 'https://login.test/x?y=1&z=ü' },
};

const ask =
  (rounds: JsonObject[], more: JsonObject = {}) =>
  (way: Way) =>
    outcomeOf(way.call('ask', { rounds, ...more }));

const isModern = (client: ClientKind) => client === 'v2-modern';

const CLIENT_ERRORS: Exception = {
  reason: '2026-07-28 has no word for a client that answers a question with an error: the call ends with it.',
  on: ({ era }, client) => (era === '2026') !== isModern(client),
};
const QUESTION_LIFE: Exception = {
  reason: 'In 2026-07-28 a question is a result: nobody can report progress on it or take it back.',
  on: ({ era }, client) => era === '2026' || isModern(client),
};
const OUTSIDE_OF_CALLS: Exception = {
  reason: '2026-07-28 has no such notification.',
  on: ({ era }, client) => era === '2026' || isModern(client),
};
const ERROR_FOR_URL: Exception = {
  reason: 'A 2026-era server asks by `input_required` instead of this error.',
  on: ({ era }) => era === '2026',
};
const URL_WITHOUT_ID: Exception = {
  reason: 'A 2.x client in the 2026 era does not show its handler the elicitationId, which that era does not have.',
  on: ({ era }, client) => era === '2025' && isModern(client),
};

/** What a server asks its client during a call, and what they tell each other about it. */
export const QUESTION_CASES: readonly Case[] = [
  ...Object.entries(QUESTIONS).map(([name, question]) => ({ name, run: ask([{ q: question }]) })),
  ...[elicit('reject'), sample('reject')].map((question) => ({
    name: `${question.method}: the client answers with an error`,
    run: ask([{ q: question }]),
    unless: CLIENT_ERRORS,
  })),
  { name: 'elicitation: by URL', run: ask([{ q: visit }]), unless: URL_WITHOUT_ID },
  {
    name: 'questions: several at once',
    run: ask([{ a: elicit('accept'), b: sample('text'), c: QUESTIONS['roots: listed'] }]),
  },
  {
    name: 'questions: several rounds',
    run: ask([{ a: elicit('accept') }, { b: elicit('decline') }, { c: sample('text') }]),
  },
  {
    name: 'questions: of parallel calls, each with its own answer',
    parallel: true,
    run: (way) =>
      Promise.all(['one', 'two', 'three'].map((name) => outcomeOf(way.call('ask', { rounds: [{ q: elicit(name) }] })))),
  },
  {
    name: 'sampling: progress of the client on answering',
    run: ask([{ q: sample('slow') }]),
    unless: QUESTION_LIFE,
  },
  {
    name: 'sampling: taken back by the server',
    run: async (way) => {
      const outcome = await outcomeOf(way.call('ask', { rounds: [{ q: sample('hold') }], takeBack: true }));
      await waitUntil(() => way.session.asked.at(-1)?.takenBack, {
        what: 'the client hears that the question is taken back',
      });
      return outcome;
    },
    unless: QUESTION_LIFE,
  },
  {
    name: 'roots: changed',
    run: async (way) => {
      const before = way.events('roots_changed').length;
      await way.session.rootsChanged();
      await waitUntil(() => way.events('roots_changed').length > before, { what: 'the server hears of changed roots' });
      return outcomeOf(way.call('ask', { rounds: [{ q: QUESTIONS['roots: listed'] }] }));
    },
    unless: OUTSIDE_OF_CALLS,
  },
  {
    name: 'elicitation: the server says that a URL was visited',
    run: async (way) => {
      const from = way.session.received.length;
      const method = 'notifications/elicitation/complete';
      const outcome = await outcomeOf(way.call('tell', { method, params: { elicitationId: 'e-2' } }));
      await waitUntil(() => way.session.received.slice(from).find((message) => message.method === method), {
        what: method,
      });
      return outcome;
    },
    unless: OUTSIDE_OF_CALLS,
  },
  {
    name: 'elicitation: an error that demands a URL first',
    run: (way) => outcomeOf(way.call('refuse', { error: URL_REQUIRED })),
    unless: ERROR_FOR_URL,
  },
];
