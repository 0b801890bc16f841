import { expect, test } from 'vitest';
import { ContentKinds } from '../../../../src/broker/results/content-kinds.ts';
import type { ToolResult } from '../../../../src/core/call.ts';
import { callOf, contextOf, failing, giving } from '../../../helpers/gateway/observed-calls.ts';

async function after(...results: ToolResult[]): Promise<readonly string[]> {
  const kinds = new ContentKinds();
  const call = callOf('s', 't');
  for (const result of results) await kinds.policy(giving(result))(call, contextOf());
  return kinds.of(call.tool);
}

const block = (type: string) => ({ type });

test.each<[string, ToolResult[], string[]]>([
  ['text', [{ content: [block('text')] }], []],
  ['image beside text', [{ content: [block('text'), block('image')] }], ['image']],
  ['each kind once', [{ content: [block('resource'), block('image'), block('image')] }], ['image', 'resource']],
  ['the last result counts', [{ content: [block('image')] }, { content: [block('text')] }], []],
  ['a failure says nothing', [{ content: [block('audio')] }, { content: [block('text')], isError: true }], ['audio']],
  ['odd results', [{}, { content: 5 }, { content: [null, 5, { type: {} }] }, { content: [block('video')] }], []],
])('the kinds of content of a tool are those of its last result: %s [search.gives-back]', async (_, results, kinds) => {
  expect(await after(...results)).toEqual(kinds);
});

test('a result passes unchanged, and so does an error [search.gives-back]', async () => {
  const { policy } = new ContentKinds();
  const result = { content: [block('image')] };
  expect(await policy(giving(result))(callOf('s', 't'), contextOf())).toBe(result);
  await expect(policy(failing(new Error('broken')))(callOf('s', 't'), contextOf())).rejects.toThrow('broken');
});

test('before a call, what the output declares counts [search.gives-back]', () => {
  const of = (outputSchema: unknown) => {
    const { tool } = callOf('s', 't');
    return new ContentKinds().of({ ...tool, definition: { ...tool.definition, outputSchema } });
  };
  const image = { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/png' };
  expect(of({ properties: { picture: image } })).toEqual(['image']);
  for (const odd of [null, {}, { properties: 5 }, { properties: { a: null, b: { contentMediaType: 7 } } }])
    expect(of(odd)).toEqual([]);
});
