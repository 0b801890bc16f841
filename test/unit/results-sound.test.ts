import {
  CallToolResultSchema,
  GetPromptResultSchema,
  ListPromptsResultSchema,
  ListResourcesResultSchema,
  ReadResourceResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { soundAnswer, soundResult } from '../../src/results/sound-result.ts';

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
])('%s: the nearest that clients take, and _meta says so [results.sound, results.sound-said]', (_, given, expected) => {
  const before = structuredClone(given);
  const { _meta, ...sound } = soundResult(given);
  expect(sound).toEqual(expected);
  expect((_meta as JsonObject)['mcp-gateway/mendedResult']).not.toEqual([]);
  expect(CallToolResultSchema.safeParse({ _meta, ...sound }).error).toBeUndefined();
  expect(given).toEqual(before);
});

test.each<[string, JsonObject]>([
  [
    'whatever else is in it',
    { ...words('x'), extra: null, _meta: { a: null }, structuredContent: { a: null }, isError: false },
  ],
  [
    'members of ours in blocks',
    { content: [text('x', { title: null, size: 'big', annotations: { priority: 0.5, x: null } })] },
  ],
  ['base64 in lines', { content: [png('aG\nk=\n')] }],
  ['a question of 2026-07-28', { resultType: 'input_required', inputRequests: {}, content: null }],
  ['a task', { task: { taskId: 'x' } }],
])('what is sound stays the very same: %s [results.sound]', (_, result) => {
  expect(soundResult(result)).toBe(result);
  expect(soundAnswer(result)).toBe(result);
});

test('structured content may be any JSON to a client of 2026-07-28 [results.sound]', () => {
  const result = { ...words('x'), structuredContent: [1] };
  expect(soundResult(result, true)).toBe(result);
});

test('so are prompts, contents of resources and lists [results.sound-answers]', () => {
  const prompt = soundAnswer({ description: null, messages: [{ role: 'user', content: text(null) }] });
  expect(prompt).toMatchObject({ messages: [{ role: 'user', content: text('') }] });
  expect(GetPromptResultSchema.safeParse(prompt).success).toBe(true);
  const read = soundAnswer({
    contents: [
      { text: 'y', mimeType: null },
      { uri: 'x', text: null, blob: 'aGk=' },
    ],
  });
  expect(read).toMatchObject({ contents: [{ text: 'y' }, { blob: 'aGk=' }] });
  expect(ReadResourceResultSchema.safeParse(read).success).toBe(true);
  const argument = { name: 'a', description: null, required: null };
  const prompts = soundAnswer({
    prompts: [
      { name: 'p', title: null, arguments: null },
      { name: 'q', arguments: [argument] },
    ],
  });
  expect(prompts).toMatchObject({ prompts: [{ name: 'p' }, { name: 'q', arguments: [{ name: 'a' }] }] });
  expect(ListPromptsResultSchema.safeParse(prompts).success).toBe(true);
  const resources = soundAnswer({ resources: [{ name: 'r', uri: 'a://b', description: null, annotations: null }] });
  expect(ListResourcesResultSchema.safeParse(resources).success).toBe(true);
});
