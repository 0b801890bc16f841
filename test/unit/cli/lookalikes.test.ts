import { expect, test } from 'vitest';
import { lookalikesIn } from '../../../src/cli/commands/lookalikes.ts';

test.each(
  Object.entries({
    'digits of other scripts': [
      'n\u{b66}de',
      'n\u{7c0}de',
      'n\u{1c50}de',
      'n\u3007de',
      'v\u0661',
      'n\u{118c8}de',
      '2\u0967',
    ],
    'numbers of none': ['no\u2460', 'a\u00b2', '\u2167x'],
    'letters of Latin in no alphabet of Europe': ['no\u0257e', 'a\u0294b', '\u0185in', '\u{1df0a}x', 'n\ua7b5de'],
    'modifiers and marks': ['node\u02d1', 'nod\u02bce', 'e\u0301\u0338x', 'n\u17b4de', 'no\uff9ede', 'a\u0d02b'],
    'signs of other kinds': ['A\ua78aB', 'it\u201bs', 'a\u060cb', 'a\u2192b', 'a\u{1f600}', '\u2024', 'a\u3001b'],
    'letters of several scripts': ['n\u2d54de', '\u0436\u03bb', 'n\u{10404}de', '\u05d0\u0628', '\uabaaerver'],
    'what Unicode makes ASCII of': ['a\u037eb', '\u212aey', '\u1fef', 'a\ufe60b'],
  }),
)('%s are marked within a word [preview.lookalike]', (_, words) => {
  for (const word of words) {
    const found = lookalikesIn(`run ${word} now`);
    expect(
      found.map(({ word }) => word),
      word,
    ).toEqual([expect.stringMatching(/\\u\{|^\P{ASCII}+$/u)]);
  }
});

test('plain letters of one script are not, nor their accents, marks and digits [preview.lookalike]', () => {
  const plain = [
    ...[
      'node',
      'na\u00efve',
      'cafe\u0301',
      'Vi\u1ec7t',
      '\u0141\u00f3d\u017a',
      'Stra\u00dfe',
      '\u0219i',
      '\u0130stanbul',
    ],
    ...[
      '\u0441\u0435\u0440\u0432\u0435\u0440',
      '\u5de5\u5177x',
      '\u30c7\u30fc\u30bfx',
      '\uc11c\ubc842',
      '\u4e8c\u3007\u4e8c\u56db',
    ],
    ...[
      '\u0939\u093f\u0928\u094d\u0926\u0940',
      '\u0967\u0968\u0915',
      '\u0e19\u0e49\u0e33',
      '\u05e2\u05b4\u05d1',
      '\u03b1\u0301\u03b2\u03b3',
    ],
  ];
  expect(plain.flatMap(lookalikesIn)).toEqual([]);
});
