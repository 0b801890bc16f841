import { expect, test } from 'vitest';
import { readQuery } from '../../../src/search/query-expansion.ts';
import { MAX_QUERY_CHARS, stem, tokenize } from '../../../src/search/text-analysis.ts';

test.each([
  ['read_text-file', ['read', 'text', 'file']],
  ['getHTTPResponse2', ['get', 'http', 'response', '2', 'gethttpresponse2']],
  ['GitHub', ['git', 'hub', 'github']],
  ['HTTP', ['http']],
  ['listPRs', ['list', 'prs', 'listprs']],
  ['URLs and getIDsOf', ['urls', 'and', 'get', 'ids', 'of', 'getidsof']],
  ['HTTPServer', ['http', 'server', 'httpserver']],
  ['s3ListBuckets', ['s', '3', 'list', 'buckets', 's3listbuckets']],
  ['a::b.c/d', ['a', 'b', 'c', 'd']],
  ['Größe ändern', ['große', 'andern']],
  ['Café CAFÉ cafe\u0301', ['cafe', 'cafe', 'cafe']],
  ['Читать файл', ['читать', 'фаил']],
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

test.each([
  ['prs', 'pr'],
  ['mrs', 'mr'],
  ['ids', 'id'],
  ['vms', 'vm'],
  ['dbs', 'db'],
  ['urls', 'url'],
  ['uris', 'uri'],
  ['apis', 'api'],
  ['kpis', 'kpi'],
  ['gpus', 'gpu'],
  ['skus', 'sku'],
  ['msgs', 'msg'],
  ['imgs', 'img'],
  ['pkgs', 'pkg'],
])('%s is the plural of %s [ranking.abbreviations]', (plural, singular) => {
  expect(stem(plural)).toBe(stem(singular));
});

test.each(['aws', 'dns', 'css', 'ios', 'this', 'axis', 'plus', 'class', 'status', 'redis', 'analysis'])(
  '%s is no plural',
  (word) => {
    expect(stem(word)).toBe(word);
  },
);

test('a query has few distinct short words, whatever its length', () => {
  const wordsOf = (query: string) => readQuery(query, 0.2).words.map(({ word }) => word);
  expect(wordsOf('file File FILE')).toEqual(['file']);
  expect(wordsOf(`${' '.repeat(MAX_QUERY_CHARS)}file`)).toEqual([]);
  const found = wordsOf(Array.from({ length: 100_000 }, (_, at) => `w${'x'.repeat(at % 90)}`).join(' '));
  expect(found.length).toBeLessThanOrEqual(40);
  expect(Math.max(...found.map(({ length }) => length))).toBeLessThanOrEqual(40);
});
