import { blankedAsRead } from './invisible-characters.ts';

/** What stands in the place of a secret. */
export const BLANK = '[redacted]';

/**
 * Credentials by their form, whoever they belong to: a password in an address, a parameter named so, well-known kinds.
 * Each in linear time, since servers write these texts: a match that fails is not begun again within what was looked at.
 */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/((?<=[\w+.-]):\/\/[^\s:/@"']*):[^\s@/"']+@/g, `$1:${BLANK}@`],
  [/([?&](?=[\w.-]*?(?:key|token|secret|pass|pwd|auth|signature|jwt))[\w.-]+=)[^&\s"'#]+/gi, `$1${BLANK}`],
  [/\b(bearer|basic) +(?=[^\s"']*\d)[\w.~+/=-]{8,}/gi, `$1 ${BLANK}`],
  [
    /\b(?:[rps]k_(?:live|test)_|(?:hf|npm|gsk)_(?=[A-Za-z\d]{16})|xapp-|AIza)[\w-]{10,}|\b(?:AKIA|ASIA)[A-Z\d]{12,}/g,
    BLANK,
  ],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|sk-|xox[abeoprs]-)[\w-]{16,}/g, BLANK],
  // Begun only where words begin that have a dot behind them; of what begins with `eyJ` in such a word, the first is the longest.
  [/(?<![\w-])(?=[\w-]+\.[\w-]{8,}\.)([\w-]*?)\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, `$1${BLANK}`],
];

/** Blanks what has the form of a credential, also where colours or invisible characters stand within it. In linear time. */
export function blankForms(text: string): string {
  return blankedAsRead(text, asWritten);
}

function asWritten(text: string): string {
  return FORMS.reduce((masked, [form, blank]) => masked.replace(form, blank), text);
}
