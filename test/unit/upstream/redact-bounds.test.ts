import { expect, test } from 'vitest';
import { serverSchema } from '../../../src/config/schema.ts';
import { blankForms } from '../../../src/core/credential-forms.ts';
import { parseJson, writeJson } from '../../../src/core/exact-json.ts';
import { visibleText } from '../../../src/core/invisible-characters.ts';
import { rpcError } from '../../../src/core/rpc.ts';
import { excerpt } from '../../../src/upstream/connection-errors.ts';
import { redactedError, redactedStart, redactor } from '../../../src/upstream/redact.ts';
import { TextFinder } from '../../../src/upstream/text-finder.ts';

const TOKEN = 'S3cr3tTokenVALUE9xyzQ';
const redact = (others: readonly string[] = []) =>
  redactor(
    { ...serverSchema.parse({ type: 'local', command: ['x'], environment: { TOKEN } }), key: 'k' },
    () => others,
  );

const repeated = (piece: string) => piece.repeat(1_000_000 / piece.length);

/** What begins a form of a credential again and again, and never ends it. */
const HOSTILE = [
  ...[
    'a.',
    '?key',
    'key',
    '?key.',
    'eyJ-',
    'eyJ.',
    'eyJ-aaaaaaaa.',
    'a://b:',
    '://',
    'bearer ',
    'sk-',
    'hf_',
    'a',
    '-',
  ],
  ...['\u001b[1', '\u001b]', '\\u001b[', 'a\u200b', 'S3cr3tTok', '\u001b[31mS', 'key=', '&a=b', '.eyJaaaaaaaa'],
];

test.each(HOSTILE)('a text of a megabyte of %j is looked through to its end [bounds.texts]', (piece) => {
  for (const start of ['', '?', 'a://', 'bearer ', '\u001b]', 'eyJaaaaaaaa']) {
    const text = `${start}${repeated(piece)}`;
    const blanked = redact()(`${text}\n${TOKEN} a://u:pw@h`);
    expect(blanked.endsWith('[redacted] a://u:[redacted]@h')).toBe(true);
  }
});

test('of a long text only so much is looked at as is kept; a secret at the end of that is not shown [bounds.texts]', () => {
  const looked: number[] = [];
  const blank = (text: string) => {
    looked.push(text.length);
    return redact()(text);
  };
  const odd = (before: number) => `${'x '.repeat(before / 2)}${TOKEN}${repeated('y ')}`;
  for (let before = 0; before < 40_000; before += 500) {
    const [start, quoted] = [redactedStart(odd(before), blank, 200), excerpt(odd(before), blank)];
    for (const shown of [start, quoted]) {
      expect(shown.length).toBeLessThanOrEqual(200);
      expect(shown).not.toContain('S3c');
    }
  }
  // The end of what is looked at goes through the secret.
  for (let before = 16_384; before < 16_384 + 200; before++)
    expect(redactedStart(`${'x'.repeat(before)}${TOKEN}${repeated('y')}`, blank, 200)).not.toContain('S3');
  expect(Math.max(...looked)).toBeLessThan(20_000);
  expect(redactedStart(`${TOKEN}!`, blank, 200)).toBe('[redacted]!');
});

test('of an error a message of megabytes is cut, and data of more than a million characters left out [bounds.errors]', () => {
  const blank = redact();
  const { message } = redactedError({ code: 1, message: `${TOKEN} ${repeated('a.')}${repeated('b')}` }, blank);
  expect(message.startsWith('[redacted] a.a.')).toBe(true);
  expect(message.length).toBeLessThanOrEqual(1_000_000);
  expect(message.length).toBeGreaterThan(990_000);
  const keys = Object.fromEntries(Array.from({ length: 300_000 }, (_, at) => [`k${at}`, at]));
  for (const data of [Array(400_000).fill(1), keys, [repeated('ab'), 'c'], Array(400_000).fill('')])
    expect(redactedError({ code: 1, message: '', data }, blank).data).toMatch(/^\[left out: more than 1,000,000 /);
});

test('two hundred thousand numbers of data are looked through at once, each as it was written [bounds.errors]', () => {
  let looks = 0;
  const blank = redact();
  const counting = (text: string) => {
    looks++;
    return blank(text);
  };
  const data = [...Array(200_000).fill(1), TOKEN];
  const shown = redactedError({ code: 1, message: 'm', data }, counting);
  expect(shown.data).toEqual([...data.slice(0, -1), '[redacted]']);
  expect(looks).toBe(2);
});

test('texts of data stay apart, whatever they hold; one that holds what stands between them costs all [secrets.data]', () => {
  const blank = redact(['a secret\n', 'two\nlines of it', 'token at the end ']);
  const data = {
    list: [
      '?token=abc',
      'a secret',
      '',
      'two',
      'lines of it',
      'https://u:pw',
      'x@h',
      'Bearer',
      'abc123def456',
      null,
      true,
    ],
    deep: [[{ S3cr3t: 'TokenVALUE9xyzQ' }]],
    [TOKEN]: 'token at the end ',
  };
  expect(redactedError({ code: 1, message: '', data }, blank).data).toEqual({
    list: [
      ...['?token=[redacted]', '[redacted]', '', 'two', '[redacted]', 'https://u:pw', 'x@h', 'Bearer'],
      ...['abc123def456', null, true],
    ],
    deep: [[{ S3cr3t: 'TokenVALUE9xyzQ' }]],
    '[redacted]': '[redacted]',
  });
  const odd = { a: 'one\u2028\uffff\u2028two', b: TOKEN };
  expect(JSON.stringify(redactedError({ code: 1, message: '', data: odd }, blank).data)).not.toMatch(/one|S3/);
  for (const none of ['', 0, false, null, [], {}, undefined])
    expect(redactedError({ code: 1, message: '', data: none }, blank).data).toEqual(none);
  const written = '{"code":1,"message":"m","data":[1.0,{"__proto__":2}]}';
  expect(writeJson(redactedError(rpcError(parseJson(written)), blank))).toBe(written);
});

const [HEAD, TAIL] = [TOKEN.slice(0, 9), TOKEN.slice(9)];

test.each([
  ['a colour', '\u001b[31m'],
  ['the end of a colour', '\u001b[0m'],
  ['a colour of many parts', '\u001b[38;2;1;2;3m'],
  ['a colour in JSON', '\\u001b[31m'],
  ['a colour in a shell', '\\033[31m'],
  ['the 8-bit form of a colour', '\u009b31m'],
  ['a link', '\u001b]8;;http://h\u0007'],
  ['a link that ends otherwise', '\u001b]8;;http://h\u001b\\'],
  ['a choice of characters', '\u001b(B'],
  ['a zero-width space', '\u200b'],
  ['a joiner', '\u200d\u2060'],
  ['a soft hyphen', '\u00ad'],
  ['a mark of direction', '\u202e'],
  ['a byte order mark', '\ufeff'],
  ['a selector', '\ufe0f'],
  ['tags', '\u{e0041}\u{e0042}'],
  ['NUL', '\0'],
])('%s within a secret does not hide it [secrets.read]', (_, hidden) => {
  const blank = redact(['an0therSecret']);
  for (const text of [`bad ${HEAD}${hidden}${TAIL}!`, `bad ${[...TOKEN].join(hidden)}!`, `bad an0ther${hidden}Secret!`])
    expect(blank(text)).toBe('bad [redacted]!');
  expect(blankForms(`Bearer abc1${hidden}23def456 x`)).not.toContain('def456');
  const data = { [`${HEAD}${hidden}${TAIL}`]: [`${HEAD}${hidden}${TAIL}`, 'other'] };
  expect(redactedError({ code: 1, message: '', data }, blank).data).toEqual({ '[redacted]': ['[redacted]', 'other'] });
});

test('colours and invisible characters of other texts stay [secrets.read]', () => {
  for (const text of [
    '\u001b[31merror\u001b[0m: no\u00adthing',
    '👩\u200d💻 \u202bשלום',
    'a\tb\r\nc\u0085',
    'C:\\users\\x\\e',
  ])
    expect(redact()(text)).toBe(text);
  expect(redact()(`\u001b[31m${TOKEN}\u001b[0m`)).toBe('\u001b[31m[redacted]\u001b[0m');
  expect(visibleText('a\u001b[1mb\u001b]0;title\u0007c\tü\u2028\uffff')).toBe('abc\tü\u2028\uffff');
});

test('of many texts those are found that stand in another, and no others [secrets.blanked]', () => {
  const texts = Array.from({ length: 3_000 }, (_, at) => `Bearer ${(at * 7_919).toString(36)}${'z'.repeat(at % 5)}`);
  const all = [...texts, 'abcd', 'abcde', 'abcdefgh', 'bcdefghi', '≠€🙂x', 'abcd'];
  const finder = new TextFinder(all);
  for (const text of [
    '',
    'abc',
    'xabcdx',
    'abcdefghi',
    'an ≠€🙂x',
    texts.slice(100, 200).join(' '),
    repeated('Bearer 0'),
  ]) {
    const found = [...finder.in(text)].sort((a, b) => a - b);
    expect(found).toEqual(all.flatMap((each, at) => (text.includes(each) ? [at] : [])));
  }
});
