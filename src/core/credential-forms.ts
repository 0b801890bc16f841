/** What stands in the place of a secret. */
export const BLANK = '[redacted]';

/** Credentials by their form, whoever they belong to: a password in an address, a parameter named so, well-known kinds. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][\w+.-]*:\/\/[^\s:/@"']*):[^\s@/"']+@/gi, `$1:${BLANK}@`],
  [/([?&][\w.-]*(?:key|token|secret|pass|pwd|auth|signature|jwt)[\w.-]*=)[^&\s"'#]+/gi, `$1${BLANK}`],
  [/\b(bearer|basic) +(?=[^\s"']*\d)[\w.~+/=-]{8,}/gi, `$1 ${BLANK}`],
  [
    /\b(?:[rps]k_(?:live|test)_|(?:hf|npm|gsk)_(?=[A-Za-z\d]{16})|xapp-|AIza)[\w-]{10,}|\b(?:AKIA|ASIA)[A-Z\d]{12,}/g,
    BLANK,
  ],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|sk-|xox[abeoprs]-)[\w-]{16,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, BLANK],
];

/** Blanks what has the form of a credential. */
export function blankForms(text: string): string {
  return FORMS.reduce((masked, [form, blank]) => masked.replace(form, blank), text);
}
