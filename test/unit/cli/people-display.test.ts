import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { fileName, saveBytes } from '../../../src/cli/commands/calling/write-result.ts';
import { descriptionText } from '../../../src/cli/terminal/description-text.ts';
import { logText, progressText } from '../../../src/cli/terminal/status-line.ts';
import { colorsFor } from '../../../src/cli/terminal/terminal.ts';
import {
  align,
  clipColumns,
  displayLines,
  displayWidth,
  jsonText,
  wrap,
} from '../../../src/cli/terminal/text-layout.ts';
import { configOfObject } from '../../../src/config/load.ts';
import { displayText } from '../../../src/core/invisible-characters.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { instructions } from '../../../src/downstream/protocol/instructions.ts';
import { metaToolDefinitions } from '../../../src/downstream/protocol/meta-tools.ts';
import { definitionTokens, textTokens } from '../../../src/policy/stats/definition-tokens.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';
import { REAL_TOOLS } from '../../helpers/servers/real-tools.ts';

const EVIL = 'a\u001b[2J\u009b31m\u202eb\u0007';

test('nothing that a server says reaches the terminal as a command [people.untrusted]', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
  expect(displayText(`${EVIL}\n`)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(displayLines(`${EVIL}\r\n\tnext`)).not.toMatch(steering);
  expect(displayLines('one\r\n\ttwo\n')).toBe('one\n\ttwo\n');
  expect(displayLines('می\u200cخواهم')).toBe('می\u200cخواهم');
  expect(jsonText({ text: EVIL })).not.toMatch(steering);
  const tool = { id: EVIL, title: EVIL, description: EVIL, warnings: [EVIL], available: false, state: EVIL };
  const inputSchema = { properties: { [EVIL]: { description: EVIL, default: EVIL, enum: [EVIL] } } };
  expect(descriptionText({ ...tool, inputSchema }, clientFiles({ empty: true }).terminal)).not.toMatch(steering);
});

test('JSON that is escaped means the same [people.untrusted]', () => {
  const value = { text: `${EVIL}\u{e0041}é漢\u2028`, list: [1, { deep: '\u0085' }] };
  expect(JSON.parse(jsonText(value))).toEqual(value);
});

test('a column is as wide as what is seen of it [people.tables]', () => {
  expect(['abc', '漢字', 'e\u0301', '🙂', 'ｆ'].map(displayWidth)).toEqual([3, 4, 1, 2, 2]);
  expect(clipColumns('漢字漢字', 5)).toBe('漢字…');
  expect(wrap('one two  three', 7)).toEqual(['one two', 'three']);
  expect(
    align([
      ['漢字', '5', 'x'],
      ['a', { text: '12', right: true }, 'y'],
    ]),
  ).toEqual(['漢字  5   x', 'a     12  y']);
  const rows = [['name', { text: 'a long text that has no room here', wraps: true }]];
  expect(align(rows, 30)).toEqual(['name  a long text that has no', '      room here']);
  // Where the last column would be a ribbon its text goes below, and so does what has no room beside the first.
  expect(align(rows, 26)).toEqual(['name', '    a long text that has', '    no room here']);
  const wide = [['demo://resource/features.md', 'text/markdown', { text: 'What it has, in many words', wraps: true }]];
  expect(align(wide, 30)).toEqual([
    ...['demo://resource/features.md', '    text/markdown', '    What it has, in many words'],
  ]);
});

test('a text of any length is wrapped, and a table of any number of rows aligned [people.linear]', () => {
  const words = Array.from({ length: 200_000 }, (_, at) => `w${at % 10}`);
  const text = words.join(' ');
  // Measured word by word again for each line, this would take minutes.
  expect(wrap(text, Number.POSITIVE_INFINITY)).toEqual([text]);
  expect(wrap(text, 80).join(' ')).toBe(text);
  expect(align(words.map((word) => [word, 'x']))).toHaveLength(words.length);
});

test('colour is for terminals, and for nobody who says no [people.colour]', () => {
  const { terminal } = clientFiles({ empty: true });
  const red = (env: Record<string, string>, isTty: boolean) => colorsFor({ ...terminal, env, isTty }).red('x');
  const [plain, coloured] = ['x', '\u001b[31mx\u001b[0m'];
  expect([red({}, true), red({}, false), red({ NO_COLOR: '1' }, true), red({ TERM: 'dumb' }, true)]).toEqual([
    ...[coloured, plain, plain, plain],
  ]);
  expect([red({ FORCE_COLOR: '1' }, false), red({ FORCE_COLOR: '0' }, true)]).toEqual([coloured, plain]);
  expect(red({ FORCE_COLOR: '1', NO_COLOR: '1' }, true)).toBe(plain);
  expect(red({ NO_COLOR: '' }, true)).toBe(coloured);
});

test('progress is a bar where the total is known, else a count [people.progress]', () => {
  expect(progressText({ progress: 1, total: 4, message: 'first' })).toBe(
    `${'█'.repeat(5)}${'░'.repeat(15)}  25 %  1/4  first`,
  );
  expect(progressText({ progress: 9, total: 4 })).toContain('100 %');
  expect(progressText({ progress: 1 / 3, message: 'on' })).toBe('0.33 done  on');
  expect(progressText({ progress: 3, total: 0 })).toBe('3 done');
  expect(logText({ level: 'warning', logger: 'db', data: { message: 'slow' } })).toBe('[warning] db: slow');
  expect(logText({ data: { a: 1 } })).toBe('[log] {"a":1}');
});

test('the tokens of definitions are within a fifth of a real tokenizer [people.tokens]', () => {
  const off = (estimate: number, text: string) => Math.abs(estimate / countTokens(text) - 1);
  const offered = (tools: readonly JsonObject[]) =>
    JSON.stringify(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })));
  for (const tools of [metaToolDefinitions(), REAL_TOOLS])
    expect(off(definitionTokens(tools), offered(tools))).toBeLessThan(0.2);
  const own = instructions(configOfObject({}), { recall: () => undefined });
  expect(off(textTokens(own), own)).toBeLessThan(0.2);
});

test('files get a safe name and the ending of their type, and never replace one [people.files]', async () => {
  const names = [
    ['../../etc/passwd', 'image/png'],
    ['.hidden', 'image/jpeg'],
    ['a b', 'audio/x-wav'],
    ['x.tar', 'a/b'],
  ];
  expect(names.map(([wish = '', type = '']) => fileName(wish, type))).toEqual([
    ...['_.._etc_passwd.png', 'hidden.jpg', 'a_b.wav', 'x.tar'],
  ]);
  expect([fileName('', 'application/octet-stream'), fileName('x', 'no type')]).toEqual(['file.bin', 'x.bin']);
  const folder = `${temporaryDirectory()}/new`;
  const paths = [
    await saveBytes(folder, 'x.png', Buffer.from('1')),
    await saveBytes(folder, 'x.png', Buffer.from('2')),
  ];
  expect(paths).toEqual([`${folder}/x.png`, `${folder}/x-2.png`]);
});

test('describe shows arguments with type and need, those within objects under their path [people.describe]', () => {
  const inputSchema = {
    type: 'object',
    properties: {
      mode: { enum: ['fast', 'slow'], default: 'fast', description: 'How\nto go' },
      filter: { $ref: '#/$defs/filter' },
      many: {
        type: 'array',
        items: { type: 'object', properties: { x: { type: 'number', minimum: 0 } }, required: ['x'] },
      },
    },
    required: ['many'],
    $defs: { filter: { type: 'object', properties: { limit: { type: 'integer' } } } },
  };
  const annotations = { readOnlyHint: true, openWorldHint: false, title: 'x' };
  const tool = { id: 's::t', title: 'A tool', description: 'Does it.\n\n  - one\n  - two', inputSchema, annotations };
  const text = descriptionText({ ...tool, warnings: ['changed since'] }, clientFiles({ empty: true }).terminal);
  expect(text).toBe(`s::t  A tool
! changed since
Does it.

  - one
  - two

Arguments
  many          object[]       required
  many.0.x      number         required  (at least 0)
  mode          "fast"|"slow"            How to go (default "fast")
  filter        object
  filter.limit  integer

It says of itself
  only reads, stays in its own world

Call it
  mcp-gateway call s::t many=…
`);
});
