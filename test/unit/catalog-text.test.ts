import { expect, test } from 'vitest';
import { MAX_QUERY_CHARS, queryTerms, tokenize } from '../../src/catalog/text.ts';

test.each([
  ['read_text-file', ['read', 'text', 'file']],
  ['getHTTPResponse2', ['get', 'http', 'response', 'gethttpresponse', '2']],
  ['GitHub', ['git', 'hub', 'github']],
  ['HTTP', ['http']],
  ['s3ListBuckets', ['s', '3', 'list', 'buckets', 'listbuckets']],
  ['a::b.c/d', ['a', 'b', 'c', 'd']],
  ['Größe ändern', ['größe', 'ändern']],
  ['Читать файл', ['читать', 'файл']],
  ['读取文件', ['读取', '取文', '文件']],
  ['库', ['库']],
  ['파일 읽기', ['파일', '읽기']],
  ['हिन्दी', ['हिन्दी']],
  ['ｆｕｌｌ', ['full']],
  ['__proto__', ['proto']],
  ['😀 — !?', []],
  ['', []],
])('%s', (text, terms) => {
  expect(tokenize(text)).toEqual(terms);
});

test('a query has few distinct short terms, whatever its length', () => {
  expect(queryTerms('file File FILE')).toEqual(['file']);
  expect(queryTerms(`${' '.repeat(MAX_QUERY_CHARS)}file`)).toEqual([]);
  const terms = queryTerms(Array.from({ length: 100_000 }, (_, at) => `w${'x'.repeat(at % 90)}`).join(' '));
  expect(terms.length).toBeLessThanOrEqual(40);
  expect(Math.max(...terms.map(({ length }) => length))).toBeLessThanOrEqual(40);
});
