import type { JsonObject } from '../../../src/core/json.ts';
import { waitUntil } from '../processes.ts';
import { outcomeOf, type Way } from './probe.ts';
import type { Row } from './rows.ts';
import type { ClientKind } from './session.ts';

/** Cells of the matrix in which a case does not exist. */
interface Exception {
  readonly reason: string;
  readonly on: (row: Row, client: ClientKind) => boolean;
}

/** One thing that must be the same through the gateway as directly. */
export interface Case {
  readonly name: string;
  readonly run: (way: Way) => Promise<unknown>;
  /** Calls run side by side: the order in which the server hears of them means nothing. */
  readonly parallel?: boolean;
  /** Where there is nothing to compare, and why. */
  readonly unless?: Exception;
}

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';
const ANNOTATIONS = { audience: ['user', 'assistant'], priority: 0.25, lastModified: '2026-01-02T03:04:05Z' };

const words = (text: string) => ({ type: 'text', text });
const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const audio = { type: 'audio', data: WAV, mimeType: 'audio/wav' };
const link = {
  type: 'resource_link',
  uri: 'fixture://linked?a=1#b',
  name: 'linked',
  title: 'A link',
  description: 'Says where',
  mimeType: 'text/plain',
  size: 12,
  icons: [{ src: 'data:image/png;base64,AAAA', mimeType: 'image/png', sizes: ['16x16'] }],
};
const embeddedText = {
  type: 'resource',
  resource: { uri: 'fixture://text', mimeType: 'text/x-lines', text: 'a\r\nb\u2028c' },
};
const embeddedBlob = {
  type: 'resource',
  resource: { uri: 'fixture://blob', mimeType: 'application/x', blob: 'AAECAw==' },
};
const nested = { city: 'Oslo', celsius: -3.5, deep: { list: [1, [2, null], { 'a.b': false }], empty: {}, none: null } };

/** Every content type and everything else that a result may hold. */
const RESULTS: Readonly<Record<string, JsonObject>> = {
  text: { content: [words('plain')] },
  'text that needs escaping': { content: [words('"\\\u0000\u001f\u007f\u2028\u2029\t🙂\u{10FFFF} ≠ </script>')] },
  'empty text': { content: [words('')] },
  image: { content: [image] },
  audio: { content: [audio] },
  resource_link: { content: [link] },
  'embedded text': { content: [embeddedText] },
  'embedded blob': { content: [embeddedBlob] },
  annotations: {
    content: [words('a'), image, audio, link, embeddedText].map((block) => ({ ...block, annotations: ANNOTATIONS })),
  },
  '_meta of blocks': {
    content: [words('a'), image, audio, link, embeddedBlob].map((block) => ({
      ...block,
      _meta: { 'x/y': { n: [1] } },
    })),
  },
  '_meta of the result': {
    content: [words('a')],
    _meta: { 'fixture/a': 1, 'fixture/b': { c: [null, true] }, plain: 'x' },
  },
  'unknown fields of blocks': {
    content: [words('a'), image, link].map((block) => ({ ...block, future: { n: 1 }, note: 'kept' })),
  },
  'unknown fields of the result': { content: [words('a')], future: { n: [1] } },
  'order of blocks': { content: [words('1'), image, words('2'), link, words('3'), embeddedText, audio, words('4')] },
  structuredContent: { content: [words('{}')], structuredContent: { a: 1 } },
  'nested structuredContent': { content: [words('see')], structuredContent: nested },
  'structuredContent alone': { content: [], structuredContent: nested },
  isError: { content: [words('it failed')], isError: true },
  'isError with everything': {
    content: [words('no'), image],
    isError: true,
    structuredContent: { why: 'x' },
    _meta: { 'a/b': 1 },
  },
  'isError false': { content: [words('fine')], isError: false },
  'empty content': { content: [] },
};

const answered = (tool: string, result: JsonObject) => (way: Way) => outcomeOf(way.call(tool, { result }));

const CONTENT: Case[] = [
  ...Object.entries(RESULTS).map(([name, result]) => ({ name: `result: ${name}`, run: answered('answer', result) })),
  {
    name: 'result: structuredContent with an outputSchema',
    run: answered('answer_typed', { content: [words('x')], structuredContent: { city: 'Oslo', celsius: 21 } }),
  },
  {
    name: 'arguments and _meta of the request',
    run: (way) =>
      outcomeOf(
        way.call(
          'echo',
          { text: 'ü🙂"\\', n: 1e21, list: [null, { deep: [[]] }] },
          { meta: { 'client/trace': 't-1' } },
        ),
      ),
  },
];

const ERRORS: Case[] = [
  ['with data', { code: -32050, message: 'the fixture refuses', data: { hint: ['none', { n: 1 }] } }],
  ['without data', { code: -32603, message: 'it broke' }],
  ['invalid params', { code: -32602, message: 'no such colour', data: 'colour' }],
].map(([name, error]) => ({
  name: `JSON-RPC error: ${name}`,
  run: (way: Way) => outcomeOf(way.call('refuse', { error })),
}));

const URL_REQUIRED = {
  code: -32042,
  message: 'URL elicitation required',
  data: { elicitations: [{ mode: 'url', message: 'Log in', elicitationId: 'e-1', url: 'https://login.test/?a=1' }] },
};

const STEPS = [
  { progress: 0, total: 3, message: 'begin' },
  { progress: 1.5, total: 3 },
  { progress: 2, message: 'nearly ü🙂' },
  { progress: 3, total: 3, message: '' },
];

const PROGRESS: Case[] = [
  {
    name: 'progress: values, totals, messages, in order',
    run: (way) => outcomeOf(way.call('steps', { progress: STEPS }, { onProgress: () => {} })),
  },
  { name: 'progress: none without a token', run: (way) => outcomeOf(way.call('steps', { progress: STEPS })) },
  {
    name: 'progress: in one chunk with the result',
    run: (way) => outcomeOf(way.call('burst', { steps: 3 }, { onProgress: () => {} })),
  },
  {
    name: 'progress: parallel calls do not mix',
    parallel: true,
    run: async (way) => {
      const calls = ['a', 'b', 'c', 'd'].map((tag) => {
        const progress = [1, 2, 3, 4, 5].map((step) => ({ progress: step, message: tag }));
        return outcomeOf(way.call('steps', { progress }, { onProgress: () => {} }));
      });
      return Promise.all(calls);
    },
  },
];

/** Why the client cancels. */
export const CANCEL_REASON = 'changed my mind';

/** A cancelled call is seen by the server, and the caller's promise ends. */
const cancellation: Case = {
  name: 'cancellation: the server sees it',
  run: async (way) => {
    const before = { calls: way.events('call').length, cancelled: way.events('cancelled').length };
    const controller = new AbortController();
    const outcome = outcomeOf(way.call('sleep', { ms: 60_000 }, { signal: controller.signal }));
    await waitUntil(() => way.events('call').length > before.calls, { what: 'the call has arrived' });
    controller.abort(CANCEL_REASON);
    await waitUntil(() => way.events('cancelled').length > before.cancelled, { what: 'the cancellation has arrived' });
    return outcome;
  },
};

const LOGGED = ({ session }: Way, from: number) =>
  session.received.slice(from).filter(({ method }) => method === 'notifications/message');

const logging = (level: string): Case => ({
  name: `log messages: from level ${level} on`,
  run: async (way) => {
    const from = way.session.received.length;
    await way.session.setLevel?.(level);
    const meta = way.session.setLevel ? {} : { meta: { 'io.modelcontextprotocol/logLevel': level } };
    // Those of one level may not have reached the server yet: through the gateway they are passed on in passing.
    const outcome = await outcomeOf(way.call('logs', {}, meta));
    await waitUntil(() => LOGGED(way, from).some(({ params }) => params?.level === 'emergency'), {
      what: 'it is logged',
    });
    return outcome;
  },
});

const SIDE: Case[] = [cancellation, logging('warning'), logging('debug'), logging('emergency')];

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
  params: { messages: [{ role: 'user', content: words(text) }], maxTokens: 100, ...more },
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

const REVERSE: Case[] = [
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

export const CASES: readonly Case[] = [...CONTENT, ...ERRORS, ...PROGRESS, ...SIDE, ...REVERSE];
