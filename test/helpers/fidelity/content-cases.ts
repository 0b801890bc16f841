import type { JsonObject } from '../../../src/core/json.ts';
import type { Case } from './case.ts';
import { outcomeOf, type Way } from './probe.ts';

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

/** What a result and a request may hold. */
export const CONTENT_CASES: readonly Case[] = [
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
