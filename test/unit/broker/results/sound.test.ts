import {
  CallToolResultSchema,
  CompleteResultSchema,
  GetPromptResultSchema,
  ListPromptsResultSchema,
  ListResourcesResultSchema,
  ReadResourceResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { sound as soundOf } from '../../../../src/broker/results/sound.ts';
import { soundAnswer } from '../../../../src/broker/results/sound-answer.ts';
import { soundResult } from '../../../../src/broker/results/sound-result.ts';
import type { JsonObject } from '../../../../src/core/json.ts';

const text = (value: unknown, more: JsonObject = {}) => ({ type: 'text', text: value, ...more });
const png = (data: unknown, mimeType: unknown = 'image/png') => ({ type: 'image', data, mimeType });
const words = (value: string) => ({ content: [text(value)] });

test.each<[string, JsonObject, JsonObject]>([
  ['no content', {}, { content: [] }],
  ['content null', { content: null }, { content: [] }],
  [
    'content null beside structure',
    { content: null, structuredContent: { a: 1 } },
    { structuredContent: { a: 1 }, ...words('{"a":1}') },
  ],
  ['structure alone', { structuredContent: { a: 1 } }, { structuredContent: { a: 1 }, ...words('{"a":1}') }],
  ['content a text', { content: 'plain' }, words('plain')],
  ['content a number', { content: 5 }, words('5')],
  ['content a block', { content: text('plain') }, words('plain')],
  ['content any object', { content: { a: 1 } }, words('{"a":1}')],
  [
    'a task that nobody asked for',
    { task: { taskId: 'x' } },
    { task: { taskId: 'x' }, ...words('{"task":{"taskId":"x"}}') },
  ],
  [
    'members of its own',
    { temperature: 5, note: null },
    { temperature: 5, note: null, ...words('{"temperature":5,"note":null}') },
  ],
  ['the result of 2024-10-07', { toolResult: { a: 1 } }, { toolResult: { a: 1 }, ...words('{"a":1}') }],
  [
    'blocks that are none',
    { content: ['a', 5, null, [1]] },
    { content: [text('a'), text('5'), text('null'), text('[1]')] },
  ],
  ['a block without type', { content: [{ a: 1 }] }, words('{"a":1}')],
  ['text null', { content: [text(null)] }, words('')],
  ['text a number', { content: [text(5)] }, words('5')],
  ['text an object', { content: [text({ a: 1 })] }, words('{"a":1}')],
  ['no text', { content: [{ type: 'text' }] }, words('{"type":"text"}')],
  [
    'structure a list',
    { structuredContent: [1], content: [] },
    { structuredContent: { result: [1] }, ...words('{"result":[1]}') },
  ],
  [
    'structure a list beside its text',
    { structuredContent: [1], ...words('[1]') },
    { structuredContent: { result: [1] }, ...words('[1]') },
  ],
  ['structure null', { structuredContent: null, ...words('x') }, words('x')],
  ['_meta null', { _meta: null, ...words('x') }, words('x')],
  ['isError null', { isError: null, ...words('x') }, words('x')],
  ...['True', 'TRUE', ' yes', 'failed', 1, ['x']].map((isError): [string, JsonObject, JsonObject] => [
    `isError ${JSON.stringify(isError)}`,
    { isError, ...words('x') },
    { isError: true, ...words('x') },
  ]),
  ...['False', 'no', 'NONE', '', 0, {}, []].map((isError): [string, JsonObject, JsonObject] => [
    `isError ${JSON.stringify(isError)}`,
    { isError, ...words('x') },
    words('x'),
  ]),
  ['isError that says why', { isError: { message: 'x' } }, { isError: true, ...words('{"message":"x"}') }],
  ['isError that is why', { isError: 'locked', content: [] }, { isError: true, ...words('locked') }],
  ['isError a text', { isError: 'true', ...words('x') }, { isError: true, ...words('x') }],
  ['null members of a block', { content: [text('x', { annotations: null, _meta: null })] }, words('x')],
  [
    'wrong annotations',
    { content: [text('x', { annotations: { audience: null, priority: 5, lastModified: 'today', more: 1 } })] },
    { content: [text('x', { annotations: { more: 1 } })] },
  ],
  ['a data URL', { content: [png('data:image/png;base64,aGk=', null)] }, { content: [png('aGk=')] }],
  ['base64 for URLs', { content: [png('a-_b')] }, { content: [png('a+/b')] }],
  [
    'an image of a type that its bytes tell',
    { content: [{ type: 'image', data: '/9j/4A==' }] },
    { content: [png('/9j/4A==', 'image/jpeg')] },
  ],
  ['an image without any', { content: [png(null)] }, words('{"type":"image","data":null,"mimeType":"image/png"}')],
  ['data that are no base64', { content: [png('a')] }, words('{"type":"image","data":"a","mimeType":"image/png"}')],
  [
    'a resource without uri',
    { content: [{ type: 'resource', resource: { text: 'x', mimeType: null } }] },
    { content: [{ type: 'resource', resource: { text: 'x', uri: 'urn:mcp-gateway:unnamed' } }] },
  ],
  [
    'a resource with text null',
    { content: [{ type: 'resource', resource: { uri: 'a://b', text: null, blob: 'aGk=' } }] },
    { content: [{ type: 'resource', resource: { uri: 'a://b', blob: 'aGk=' } }] },
  ],
  [
    'a resource null',
    { content: [{ type: 'resource', resource: null }] },
    words('{"type":"resource","resource":null}'),
  ],
  [
    'a link without name',
    { content: [{ type: 'resource_link', uri: 'a://b' }] },
    { content: [{ type: 'resource_link', uri: 'a://b', name: 'a://b' }] },
  ],
  [
    'a link of null members',
    { content: [{ type: 'resource_link', uri: 'a://b', name: 'b', title: null, size: 'big', icons: [{ src: 5 }] }] },
    { content: [{ type: 'resource_link', uri: 'a://b', name: 'b' }] },
  ],
])(
  '%s: the nearest that clients take, and _meta says so [results.sound, results.sound-said]',
  async (_, given, expected) => {
    const before = structuredClone(given);
    const { _meta, ...sound } = await soundOf(given);
    expect(sound).toEqual(expected);
    expect((_meta as JsonObject)['mcp-gateway/mendedResult']).not.toEqual([]);
    expect(CallToolResultSchema.safeParse({ _meta, ...sound }).error).toBeUndefined();
    expect(given).toEqual(before);
  },
);

test.each<[string, JsonObject]>([
  [
    'whatever else is in it',
    { ...words('x'), extra: null, _meta: { a: null }, structuredContent: { a: null }, isError: false },
  ],
  [
    'members of ours in blocks',
    { content: [text('x', { title: null, size: 'big', annotations: { priority: 0.5, x: null } })] },
  ],
  ['texts alone', { ...words('x'), structuredContent: { a: 1 }, isError: true }],
  ['base64 in lines', { content: [png('aG\nk=\n')] }],
  ['a question of 2026-07-28', { resultType: 'input_required', inputRequests: {}, content: null }],
])('what is sound stays the very same: %s [results.sound]', async (_, result) => {
  expect(await soundOf(result)).toBe(result);
  expect(soundAnswer('resources/list', result)).toBe(result);
});

test('structured content may be any JSON to a client of 2026-07-28 [results.sound]', async () => {
  const result = { ...words('x'), structuredContent: [1] };
  expect(await soundOf(result, true)).toBe(result);
});

const RELATED = 'io.modelcontextprotocol/related-task';

test.each<[JsonObject]>([
  [{ progressToken: null }],
  [{ progressToken: {} }],
  [{ progressToken: 1.5 }],
  [{ [RELATED]: null }],
  [{ [RELATED]: 'x' }],
  [{ [RELATED]: { taskId: 5 } }],
])('_meta %j, which clients read, is left out and the rest of it kept [results.sound, results.sound-said]', (meta) => {
  const given = { ...words('x'), _meta: { ...meta, more: null } };
  for (const sound of [soundResult(given), soundAnswer('resources/list', { ...given, resources: [] })]) {
    expect(sound._meta).toEqual({ more: null, 'mcp-gateway/mendedResult': [expect.stringContaining('left out')] });
  }
  expect(CallToolResultSchema.safeParse(given).success).toBe(false);
  expect(CallToolResultSchema.safeParse(soundResult(given)).success).toBe(true);
});

test('a progress token and a related task that are sound stay [results.sound]', () => {
  const result = { ...words('x'), _meta: { progressToken: 5, [RELATED]: { taskId: 'x' } } };
  expect(soundResult(result)).toBe(result);
});

const says = (value: string, role = 'user') => ({ role, content: text(value) });

test.each<[string, JsonObject, unknown]>([
  ['nothing', {}, []],
  ['null', { messages: null }, []],
  ['a text', { messages: 'x' }, [says('x')]],
  ['one message', { messages: says('x', 'assistant') }, [says('x', 'assistant')]],
  ['items that are none', { messages: [null, 'x', 5] }, [says('x'), says('5')]],
  ['roles that are none', { messages: [{ content: text('x') }, says('y', 'system')] }, [says('x'), says('y')]],
  ['content a text', { messages: [{ role: 'assistant', content: 'x' }] }, [says('x', 'assistant')]],
  ['content null or missing', { messages: [{ role: 'user', content: null }, { role: 'user' }] }, [says(''), says('')]],
  [
    'content a list',
    { messages: [{ role: 'assistant', content: [text('x'), 'y'] }] },
    [says('x', 'assistant'), says('y', 'assistant')],
  ],
  ['blocks for messages', { messages: [text('x')] }, [says('x')]],
])('messages of a prompt: %s [results.sound-answers]', (_, given, messages) => {
  const { _meta, ...sound } = soundAnswer('prompts/get', given);
  expect(sound).toEqual({ messages });
  expect((_meta as JsonObject)['mcp-gateway/mendedResult']).not.toEqual([]);
  expect(GetPromptResultSchema.safeParse({ _meta, ...sound }).error).toBeUndefined();
});

const held = (value: string, more: JsonObject = {}) => ({ uri: 'r:1', text: value, ...more });

test.each<[string, JsonObject, unknown]>([
  ['nothing', {}, []],
  ['null', { contents: null }, []],
  ['a text', { contents: 'x' }, [held('x')]],
  ['an object', { contents: held('x') }, [held('x')]],
  ['items that are none', { contents: [null, 'x', 5] }, [held('x'), held('5')]],
  ['no address', { contents: [{ text: 'x' }, { uri: null, text: 'y' }] }, [held('x'), held('y')]],
  [
    'nothing in it',
    { contents: [{ uri: 'r:1' }, held(null as never), { uri: 'r:1', blob: null }] },
    [held(''), held(''), held('')],
  ],
  [
    'blobs that are none',
    {
      contents: [
        { uri: 'r:1', blob: '###', mimeType: null, x: 1 },
        { uri: 'r:1', blob: 5 },
      ],
    },
    [held('###', { x: 1 }), held('5')],
  ],
  ['text an object', { contents: [{ uri: 'r:1', text: { a: 1 } }] }, [held('{"a":1}')]],
])('contents of a resource: %s [results.sound-answers]', (_, given, contents) => {
  const { _meta, ...sound } = soundAnswer('resources/read', given, 'r:1');
  expect(sound).toEqual({ contents });
  expect((_meta as JsonObject)['mcp-gateway/mendedResult']).not.toEqual([]);
  expect(ReadResourceResultSchema.safeParse({ _meta, ...sound }).error).toBeUndefined();
});

test.each<[unknown, JsonObject]>([
  [undefined, { values: [] }],
  [null, { values: [] }],
  ['a', { values: ['a'] }],
  [['a'], { values: ['a'] }],
  [{}, { values: [] }],
  [{ values: null }, { values: [] }],
  [{ values: 'a' }, { values: ['a'] }],
  [
    { values: [1, null, 'a', { b: 1 }], x: 1 },
    { values: ['1', 'a', '{"b":1}'], x: 1 },
  ],
  [{ values: ['a'], total: null, hasMore: null }, { values: ['a'] }],
  [{ values: ['a'], total: 1.5, hasMore: 'true' }, { values: ['a'] }],
  [
    { values: new Array(101).fill('a'), total: 101 },
    { values: new Array(100).fill('a'), total: 101, hasMore: true },
  ],
])('a completion %j [results.sound-answers]', (completion, expected) => {
  const { _meta, ...sound } = soundAnswer('completion/complete', { completion });
  expect(sound).toEqual({ completion: expected });
  expect((_meta as JsonObject)['mcp-gateway/mendedResult']).not.toEqual([]);
  expect(CompleteResultSchema.safeParse({ _meta, ...sound }).error).toBeUndefined();
});

test.each<[string, JsonObject]>([
  ['resources/read', { contents: [held('x', { _meta: {}, more: null }), { uri: 'r:2', blob: 'aGk=' }], more: null }],
  ['prompts/get', { description: 'd', messages: [says('x'), says('y', 'assistant')] }],
  ['completion/complete', { completion: { values: ['a'], total: 1, hasMore: false, more: null } }],
  ['resources/read', { resultType: 'input_required', inputRequests: {} }],
])('of %s what is sound stays the very same [results.sound-answers]', (method, result) => {
  expect(soundAnswer(method, result, 'r:1')).toBe(result);
});

test('so are prompts, contents of resources and lists [results.sound-answers]', () => {
  const prompt = soundAnswer('prompts/get', { description: null, messages: [{ role: 'user', content: text(null) }] });
  expect(prompt).toMatchObject({ messages: [{ role: 'user', content: text('') }] });
  expect(GetPromptResultSchema.safeParse(prompt).success).toBe(true);
  const read = soundAnswer('resources/read', {
    contents: [
      { text: 'y', mimeType: null },
      { uri: 'x', text: null, blob: 'aGk=' },
    ],
  });
  expect(read).toMatchObject({ contents: [{ text: 'y' }, { blob: 'aGk=' }] });
  expect(ReadResourceResultSchema.safeParse(read).success).toBe(true);
  const argument = { name: 'a', description: null, required: null };
  const prompts = soundAnswer('prompts/list', {
    prompts: [
      { name: 'p', title: null, arguments: null },
      { name: 'q', arguments: [argument] },
    ],
  });
  expect(prompts).toMatchObject({ prompts: [{ name: 'p' }, { name: 'q', arguments: [{ name: 'a' }] }] });
  expect(ListPromptsResultSchema.safeParse(prompts).success).toBe(true);
  const resources = soundAnswer('resources/list', {
    resources: [{ name: 'r', uri: 'a://b', description: null, annotations: null }],
  });
  expect(ListResourcesResultSchema.safeParse(resources).success).toBe(true);
});

test.each([' ', 'a ', 'a', '=', ' =', '= ', 'data:a/', 'data:a/a', 'data:image/png;base64,= '])(
  'what is to be data and is megabytes of %j that are none is read to its end [bounds.texts]',
  (piece) => {
    const data = `${piece.repeat(3_000_000 / piece.length)}!`;
    expect(soundResult({ content: [png(data)] })).toMatchObject({ content: [{ type: 'text' }] });
  },
);

test('white space around and after the end of base64 is passed [results.sound]', () => {
  for (const data of ['aGk=', ' aG k= \n', 'aGk', 'aGk= ', 'aGkh '])
    expect(soundResult({ content: [png(data)] }), data).toMatchObject({ content: [{ type: 'image' }] });
  for (const data of ['aGk==k', 'a=b', '= ='])
    expect(soundResult({ content: [png(data)] }), data).toMatchObject({ content: [{ type: 'text' }] });
});

test.each<[JsonObject, string | undefined]>([
  [{ contents: [{ uri: 'x://a', json: { a: 1 } }] }, '{"a":1}'],
  [{ contents: [{ uri: 'x://a', a: 1, b: 2 }] }, '{"a":1,"b":2}'],
  [{ contents: [{ uri: 'x://a', ttlMs: 5 }] }, ''],
  [{ content: [text('real')] }, 'real'],
  [{ content: 'real' }, 'real'],
  [{ content: [{ uri: 'x://a', text: 'real' }] }, 'real'],
  [{ resource: { uri: 'x://a', text: 'real' } }, 'real'],
  [{ contents: [{ type: 'resource', resource: { uri: 'x://a', text: 'real' } }] }, 'real'],
  [{ text: 'hi', _meta: {} }, 'hi'],
  [{ json: [1] }, '[1]'],
  [{ ttlMs: 5 }, undefined],
])('resources/read of %j is read as what it says [results.sound-forms]', (result, said) => {
  const sound = soundAnswer('resources/read', result, 'x://a');
  expect(ReadResourceResultSchema.safeParse(sound).error).toBeUndefined();
  expect((sound.contents as JsonObject[]).map(({ uri, text }) => [uri, text])).toEqual(
    said === undefined ? [] : [['x://a', said]],
  );
});

test('an image of resources/read is a blob [results.sound-forms]', () => {
  const sound = soundAnswer('resources/read', { content: [{ type: 'image', data: 'aGk=', mimeType: 'a/b' }] }, 'x://a');
  expect(sound.contents).toEqual([{ uri: 'x://a', blob: 'aGk=', mimeType: 'a/b' }]);
});

test.each<[JsonObject, [string, string][]]>([
  [{ message: { role: 'assistant', content: text('a') } }, [['assistant', 'a']]],
  [{ role: 'assistant', content: 'a' }, [['assistant', 'a']]],
  [
    { content: [text('a'), text('b')] },
    [
      ['user', 'a'],
      ['user', 'b'],
    ],
  ],
  [{ prompt: 'a', description: 'd' }, [['user', 'a']]],
  [{ text: 'a' }, [['user', 'a']]],
  [{ messages: [{ role: 'user', text: 'a' }] }, [['user', 'a']]],
  [{ description: 'd' }, []],
])('prompts/get of %j is read as what it says [results.sound-forms]', (result, said) => {
  const sound = soundAnswer('prompts/get', result);
  expect(GetPromptResultSchema.safeParse(sound).error).toBeUndefined();
  const messages = sound.messages as { role: string; content: JsonObject }[];
  expect(messages.map(({ role, content }) => [role, content.text])).toEqual(said);
});

test.each<[unknown, JsonObject[]]>([
  [
    ['a', { name: 'b', required: true }],
    [{ name: 'a' }, { name: 'b', required: true }],
  ],
  [
    { a: 'words', b: { required: true }, c: null },
    [{ name: 'a', description: 'words' }, { name: 'b', required: true }, { name: 'c' }],
  ],
  [
    { type: 'object', properties: { a: { description: 'd' }, b: {} }, required: ['a'] },
    [
      { name: 'a', description: 'd', required: true },
      { name: 'b', required: false },
    ],
  ],
])('arguments of a prompt given as %j are a list of them [results.sound-forms]', (given, listed) => {
  const sound = soundAnswer('prompts/list', { prompts: [{ name: 'p', arguments: given }] });
  expect(ListPromptsResultSchema.safeParse(sound).error).toBeUndefined();
  expect((sound.prompts as JsonObject[])[0]).toEqual({ name: 'p', arguments: listed });
  expect(JSON.stringify(sound._meta)).toContain('prompts[0].arguments');
});
