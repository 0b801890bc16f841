import { clip } from '../../core/errors.ts';
import { escaped } from '../../core/invisible-characters.ts';

/** A piece of a text that people do not see or that is aimed at a model. */
export interface Suspicion {
  /** A phrase with a verb: `holds private-use characters`. */
  readonly what: string;
  readonly excerpt: string;
}

/** Longest excerpt, in characters. */
const MAX_EXCERPT = 80;
/** White space of this many characters or lines pushes the text after it out of sight. */
const MAX_SPACES = 200;
const MAX_LINES = 40;

/** Members of character classes, for the patterns below. */
const ESCAPES = String.raw`\u001b\u009b`;
const SELECTORS = String.raw`\ufe00-\ufe0f`;
const MORE_SELECTORS = String.raw`\u{e0100}-\u{e01ef}`;
const TAGS = String.raw`\u{e0000}-\u{e007f}`;
const PRIVATE_USE = String.raw`\ue000-\uf8fe\u{f0000}-\u{10fffd}`;
const OVERRIDES = String.raw`\u202d\u202e`;
const RIGHT_TO_LEFT_ORDERS = String.raw`\u202b\u2067`;
const JOINERS = String.raw`\u200b-\u200d\u2060\ufeff\u180e\u115f\u1160\u3164\uffa0`;
const INVISIBLE = String.raw`${JOINERS}\u061c\u200e\u200f\u2061-\u2064`;
/** A letter of a script whose words contain no invisible characters. */
const PLAIN_LETTER = String.raw`[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]`;

const pattern = (...parts: readonly string[]) => new RegExp(parts.join(''), 'u');

/** Quick test: a text without a match hides nothing. */
const SUSPECT = new RegExp(String.raw`[\u001b\u0080-\uffff]|\s{${MAX_LINES}}`);

/** Flags of England, Scotland and Wales: the only tag sequences in general use. */
const FLAGS = String.raw`\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}`;

/** Letters of right-to-left scripts. A text with one may use marks and embeddings. */
const RIGHT_TO_LEFT = String.raw`[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]`;

type Rule = readonly [what: string, pattern: RegExp];

/**
 * Findings that do not count in a regular expression, which may name these characters. Tags and joiners still count
 * there: a pattern can write them as `\u{…}`.
 */
const OF_PATTERNS = ['holds private-use characters', 'holds a terminal escape'];

const REORDERED = 'overrides the direction of writing';

/** Compiled at first use, because that takes its time. */
const rules = once(() => ({
  suspect: pattern(
    `[${ESCAPES}${INVISIBLE}${OVERRIDES}${RIGHT_TO_LEFT_ORDERS}${SELECTORS}${MORE_SELECTORS}${TAGS}${PRIVATE_USE}]`,
    String.raw`|\s{${MAX_LINES}}`,
  ),
  flags: new RegExp(FLAGS, 'gu'),
  rightToLeft: pattern(RIGHT_TO_LEFT),
  leftToRightOnly: [REORDERED, pattern(`[${RIGHT_TO_LEFT_ORDERS}]`, String.raw`[^\u202c\u2069\n]*`)] as Rule,
  all: allRules(),
}));

function allRules(): readonly Rule[] {
  return [
    ['holds text in invisible tag characters', pattern(`[${TAGS}]+`)],
    // One selector chooses the shape of a symbol or ideograph. Several in a row, or one after another character, carry
    // data.
    [
      'holds data in variation selectors',
      pattern(
        `[${SELECTORS}${MORE_SELECTORS}]{2,}`,
        String.raw`|(?<!\p{Script=Han})[${MORE_SELECTORS}]`,
        String.raw`|(?<=[A-Za-z])[\ufe00-\ufe0e]`,
      ),
    ],
    [REORDERED, pattern(`[${OVERRIDES}]`, String.raw`[^\u202c\n]*`)],
    // Words of many scripts, and emoji, contain joiners.
    [
      'holds invisible characters within words',
      pattern(`(?:${PLAIN_LETTER}{1,40}[${JOINERS}]{1,40}(?=${PLAIN_LETTER}))+${PLAIN_LETTER}{1,40}`),
    ],
    ['holds data in invisible characters', pattern(`[${INVISIBLE}]{4,}`)],
    ['holds private-use characters', pattern(`[${PRIVATE_USE}]+`)],
    // U+009B is also left of a wrongly decoded letter, so it counts only in front of a final letter.
    ['holds a terminal escape', pattern(String.raw`(?:\u001b|\u009b[\d;?]*(?=[A-Za-z]))[^${ESCAPES}]{0,40}`)],
  ];
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/**
 * Suspicions that a text hides something from people, one of each kind. Joiners, marks and selectors do not count where
 * scripts and emoji need them.
 */
export function findHiddenText(text: string): readonly Suspicion[] {
  if (!SUSPECT.test(text)) return [];
  const { suspect, flags, rightToLeft, leftToRightOnly, all } = rules();
  if (!suspect.test(text)) return [];
  const rest = text.replace(flags, '');
  const found = (rightToLeft.test(rest) ? all : [...all, leftToRightOnly]).flatMap(([what, rule]) => {
    const piece = rule.exec(rest)?.[0];
    return piece === undefined ? [] : { what, excerpt: excerptOf(decodeTags(piece)) };
  });
  return [...found, ...findPushedAwayText(rest)];
}

/** Suspicions about a regular expression, see `OF_PATTERNS`. */
export function findHiddenTextInPattern(text: string): readonly Suspicion[] {
  return findHiddenText(text).filter(({ what }) => !OF_PATTERNS.includes(what));
}

/** A piece of a server's text for a warning: on one line, escaped, at most 80 characters. */
export function excerptOf(piece: string): string {
  // Escaped again, because the cut may split a character.
  return escaped(clip(escaped(piece.replace(/\s+/g, ' ').trim()), MAX_EXCERPT));
}

/** Replaces tag characters by the ASCII characters that they stand for. */
function decodeTags(piece: string): string {
  return piece.replace(/[\u{e0020}-\u{e007e}]/gu, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000));
}

function findPushedAwayText(text: string): readonly Suspicion[] {
  for (const { 0: space, index } of text.matchAll(/\s{40,}/g)) {
    const after = text.slice(index + space.length, index + space.length + MAX_EXCERPT);
    const isFar = space.length >= MAX_SPACES || space.split('\n').length > MAX_LINES;
    if (isFar && after !== '') return [{ what: 'has text pushed out of sight', excerpt: excerptOf(after) }];
  }
  return [];
}
