import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { estimateTokens } from '../../../src/search/estimate-tokens.ts';
import { firstSentences } from '../../../src/search/excerpt.ts';
import { type ShownHit, searchBudget, searchResults } from '../../../src/search/search-results.ts';
import { REAL_TOOLS } from '../../helpers/servers/real-tools.ts';

let seed = 7;
// The same pseudo-random texts in every run.
function random(below: number): number {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return (seed >>> 8) % below;
}
const repeat = (length: number, one: () => string) => Array.from({ length }, one).join('');
const from = (first: number, last: number) => () => String.fromCodePoint(first + random(last - first + 1));
const of = (alphabet: string) => () => alphabet[random(alphabet.length)] ?? '';

const SOUPS = {
  lower: repeat(2000, of('abcdefghijklmnopqrstuvwxyz')),
  words: repeat(2000, of('abcdefghijklmnopqrstuvwxyz ')),
  upper: repeat(2000, of('ABCDEFGHIJKLMNOPQRSTUVWXYZ')),
  base64: repeat(2000, of('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')),
  hex: repeat(2000, of('0123456789abcdef')),
  digits: repeat(2000, of('0123456789')),
  alternating: 'a1b2c3d4x9'.repeat(200),
  marks: repeat(2000, of('!"#$%&()*+,-./:;<=>?@[]^_`{|}~\\\'')),
  quotes: '"\\'.repeat(1000),
  controls: '\u0000\u0007\u001b'.repeat(500),
  han: repeat(2000, from(0x4e00, 0x9fff)),
  rareHan: repeat(1000, from(0x20000, 0x2a000)),
  kana: repeat(2000, from(0x3041, 0x30fa)),
  hangul: repeat(2000, from(0xac00, 0xd7a0)),
  cyrillic: repeat(2000, from(0x430, 0x44f)),
  arabic: repeat(2000, from(0x621, 0x64a)),
  devanagari: repeat(2000, from(0x905, 0x94c)),
  thai: repeat(2000, from(0xe01, 0xe3a)),
  latin: repeat(2000, from(0xc0, 0x24f)),
  emoji: repeat(1000, from(0x1f300, 0x1f6ff)),
  families: '👨‍👩‍👧‍👦🇩🇪'.repeat(100),
  mathematical: repeat(1000, from(0x1d400, 0x1d7ff)),
  loneSurrogates: '\ud800 \udc00'.repeat(300),
  megabyte: 'Reads a file, then another file and all the others '.repeat(20_000),
  blank: ' \n\t'.repeat(300_000),
};

const PROSE = {
  english: 'Read the complete contents of a file from the file system. Use this tool to examine a single file.',
  markdown: '## Usage\n\n- `path` (required): **absolute** path\n- `limit`: max. number of rows, default 100\n',
  json: JSON.stringify({
    id: 'filesystem::read_text_file',
    signature: '(path: string, tail?: integer)',
    match: 'weak',
  }),
  signature: '(owner: string, repo: string, state?: "open"|"closed", perPage?: integer = 30, since?: string)',
  german: 'Liest den vollständigen Inhalt einer Datei und gibt die Ergebnisse der Suche zurück.',
  chinese: '读取文件的全部内容。此工具用于在数据库中查询客户订单，并返回匹配的结果列表。',
  russian: 'Читает полное содержимое файла и возвращает результат поиска в базе данных.',
};

test.each(Object.entries({ ...SOUPS, ...PROSE }))('the token estimate is not much below the truth: %s', (_, text) => {
  const sample = text.slice(0, 3000);
  expect(estimateTokens(sample)).toBeGreaterThanOrEqual(encode(sample).length * 0.93);
});

test.each(['english', 'json', 'signature', 'markdown'] as const)('the token estimate is close for %s', (kind) => {
  expect(estimateTokens(PROSE[kind])).toBeLessThanOrEqual(encode(PROSE[kind]).length * 1.5);
});

const hit = (definition: { [key: string]: unknown }, id = `s::${definition.name}`): ShownHit => ({
  entry: { id, server: 's', tags: [], definition: { name: 'x', inputSchema: {}, ...definition } },
  match: 'weak',
});

function soupHits(soup: string, count: number): ShownHit[] {
  const properties = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [
      `${soup.slice(at * 20, at * 20 + 20)}${at}`,
      { type: 'string', enum: [soup.slice(at, at + 30), soup.slice(at + 30, at + 60)], description: soup },
    ]),
  );
  return Array.from({ length: count }, (_, at) =>
    hit(
      { description: soup, title: soup, inputSchema: { type: 'object', properties } },
      `s::${soup.slice(at, at + 40)}${at}`,
    ),
  );
}

test.each(Object.entries(SOUPS))('ten results stay under 1,500 tokens, fifty in proportion: %s', (_, soup) => {
  for (const [count, most] of [
    [10, 1500],
    [50, 4400],
  ] as const) {
    const { results, omitted } = searchResults(soupHits(soup, count));
    expect(encode(JSON.stringify(results)).length).toBeLessThan(most);
    expect(results.length + omitted).toBe(count);
    expect(results.length).toBeGreaterThan(0);
  }
});

test('real tools are shown in order, whole ids, signatures to invoke by, one or two lines of description', () => {
  const hits = REAL_TOOLS.slice(0, 10).map((definition) => hit(definition));
  const { results, omitted } = searchResults(hits);
  expect(omitted).toBe(0);
  expect(results.map(({ id }) => id)).toEqual(hits.map(({ entry }) => entry.id));
  for (const { signature, description, match } of results) {
    expect(signature.length).toBeLessThanOrEqual(300);
    expect(description.length).toBeGreaterThan(20);
    expect(description.length).toBeLessThanOrEqual(160);
    expect(match).toBe('weak');
  }
  expect(encode(JSON.stringify(results)).length).toBeLessThan(1400);
});

test('one talkative tool does not shorten the others', () => {
  const plain = hit({ name: 'plain', description: 'Does one thing well.' });
  const [talkative] = soupHits(SOUPS.han, 1);
  const hits = [...(talkative ? [talkative] : []), ...Array.from({ length: 9 }, () => plain)];
  const { results } = searchResults(hits, { budgetTokens: 500 });
  expect(results).toHaveLength(10);
  expect(results.slice(1).every(({ description }) => description === 'Does one thing well.')).toBe(true);
});

test('ids are whole; one without room is left out and counted, and does not keep out those behind it', () => {
  const long = 'x'.repeat(1_000);
  const hits = [hit({}, long), hit({}, `y${long}`.repeat(100)), hit({}, 's::z')];
  expect(searchResults(hits)).toMatchObject({ results: [{ id: long }, { id: 's::z' }], omitted: 1 });
  const { results, omitted } = searchResults([hit({}, 's::a'), hit({}, 's::b')], { budgetTokens: 34 });
  expect(results.map(({ id }) => id)).toEqual(['s::a']);
  expect(omitted).toBe(1);
  expect(searchResults([])).toEqual({ results: [], omitted: 0 });
});

test('the title stands in for a missing description; odd definitions are shown bare', () => {
  const descriptions = [
    { title: 'A title' },
    { annotations: { title: 'Another' } },
    { description: 5 },
    { description: null },
  ];
  expect(searchResults(descriptions.map((one) => hit(one))).results.map(({ description }) => description)).toEqual([
    'A title',
    'Another',
    '',
    '',
  ]);
});

test('the budget grows with the number of results', () => {
  expect([1, 10, 30, 50].map(searchBudget)).toEqual([1400, 1400, 2700, 4000]);
});

test.each([
  ['  Reads\n\n a\tfile.  ', 160, 'Reads a file.'],
  ['Reads a file. Then it does a great many other things at length.', 30, 'Reads a file.…'],
  ['Reads e.g. version 1.2 of all the files that there are', 40, 'Reads e.g. version 1.2 of all the…'],
  ['读取文件的全部内容。此工具用于查询', 12, '读取文件的全部内容。…'],
  ['xxxxxxxxxxxxxxxxxxxx', 10, 'xxxxxxxxx…'],
  ['😀😀😀😀', 5, '😀😀…'],
  ['hid\u200bden\u202e\u{e0041}text', 160, 'hid den text'],
  ['hid\u3164den\u{e0101}\ufe0f te\u200d\u200c\u200dxt', 160, 'hidden text'],
  ['می\u200cخواهم', 160, 'می\u200cخواهم'],
  ['text', 0, ''],
  ['', 160, ''],
])('the first sentences of %j in %i characters', (text, maxChars, expected) => {
  expect(firstSentences(text, maxChars)).toBe(expected);
});
